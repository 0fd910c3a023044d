import type { GaugeMetric } from './metric.ts';

export const replicationLinkDown: GaugeMetric = {
  id: 'replicationLinkDown',
  kind: 'gauge',
  title: 'Replication link down',
  phrase: 'broken replication link',
  unit: 'state',
  source: 'engine',
  aggregations: ['last', 'min', 'avg'],
  explanation: '1 while this replica’s link to its master is down, 0 while it is up.',
  lacking: 'The server is no replica, or INFO does not tell its link.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>=', threshold: 1, lookbackMinutes: 2, forSeconds: 120 },
  reads: ['replicationLinkDown'],
  read: ({ engine }) => engine?.gauges.replicationLinkDown ?? null,
};
