import type { GaugeMetric } from './metric.ts';

export const connectionDown: GaugeMetric = {
  id: 'connectionDown',
  kind: 'gauge',
  title: 'Connection down',
  phrase: 'lost connection',
  unit: 'state',
  source: 'connection',
  aggregations: ['min', 'last', 'avg'],
  explanation:
    '1 while a connection that was open is lost and being made again, 0 while it answers. One that was closed on purpose is not judged.',
  lacking: 'The connection is not open.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>=', threshold: 1, lookbackMinutes: 1, forSeconds: 60 },
  reads: ['connectionDown'],
  read: ({ engine }) => engine?.gauges.connectionDown ?? null,
};
