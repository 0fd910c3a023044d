import type { GaugeMetric } from './metric.ts';

export const memoryRatio: GaugeMetric = {
  id: 'memoryRatio',
  kind: 'gauge',
  title: 'Memory used',
  phrase: 'memory use',
  unit: 'ratio',
  source: 'engine',
  aggregations: ['last', 'avg', 'min', 'max'],
  explanation:
    'Memory that Redis uses as a share of maxmemory. A pure cache with an allkeys-* policy may stand at 100 % and be well.',
  lacking: 'The server has no memory limit (maxmemory is 0), or does not tell it.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>', threshold: 0.8, lookbackMinutes: 5, forSeconds: 120, recoveryThreshold: 0.75 },
  reads: ['memoryRatio'],
  read: ({ engine }) => engine?.gauges.memoryRatio ?? null,
};
