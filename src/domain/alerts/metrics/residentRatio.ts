import type { GaugeMetric } from './metric.ts';

export const residentRatio: GaugeMetric = {
  id: 'residentRatio',
  kind: 'gauge',
  title: 'Resident memory',
  phrase: 'share of memory that is resident',
  unit: 'factor',
  source: 'engine',
  aggregations: ['last', 'avg', 'min', 'max'],
  explanation:
    'Resident memory over memory in use, where more than 100 MB are used. Far below 1 means that the system has swapped Redis out.',
  lacking: 'The server does not tell used_memory_rss.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '<', threshold: 0.9, lookbackMinutes: 5, forSeconds: 300 },
  reads: ['residentRatio'],
  read: ({ engine }) => engine?.gauges.residentRatio ?? null,
};
