import type { FallMetric } from './metric.ts';

export const replicasLost: FallMetric = {
  id: 'replicasLost',
  kind: 'fall',
  title: 'Replicas lost',
  phrase: 'number of lost replicas',
  unit: 'count',
  source: 'engine',
  aggregations: ['max'],
  explanation: 'How many replicas fewer the server has now than the most that it had in the lookback.',
  lacking: 'The server does not tell connected_slaves, or is a replica itself.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>=', threshold: 1, lookbackMinutes: 10, forSeconds: 60 },
  reads: ['connectedReplicas'],
  read: ({ engine }) => engine?.gauges.connectedReplicas ?? null,
};
