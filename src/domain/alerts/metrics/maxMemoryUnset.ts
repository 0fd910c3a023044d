import type { GaugeMetric } from './metric.ts';

export const maxMemoryUnset: GaugeMetric = {
  id: 'maxMemoryUnset',
  kind: 'gauge',
  title: 'No memory limit',
  phrase: 'absence of a memory limit',
  unit: 'state',
  source: 'engine',
  aggregations: ['last', 'min', 'avg'],
  explanation: '1 while maxmemory is 0: Redis grows until the system kills it. 0 while a limit is set.',
  lacking: 'The server does not tell maxmemory (INFO is denied).',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>=', threshold: 1, lookbackMinutes: 5, forSeconds: 300 },
  reads: ['maxMemoryUnset'],
  read: ({ engine }) => engine?.gauges.maxMemoryUnset ?? null,
};
