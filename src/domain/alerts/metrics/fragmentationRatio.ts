import type { GaugeMetric } from './metric.ts';

export const fragmentationRatio: GaugeMetric = {
  id: 'fragmentationRatio',
  kind: 'gauge',
  title: 'Fragmentation',
  phrase: 'memory fragmentation',
  unit: 'factor',
  source: 'engine',
  aggregations: ['last', 'avg', 'min', 'max'],
  explanation:
    'The allocator’s fragmentation ratio, where it wastes 100 MB or more; below that it counts as 1, since a ratio alone misleads on small servers.',
  lacking: 'The server does not tell allocator_frag_ratio (it is not built with jemalloc, or the service hides it).',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>', threshold: 1.5, lookbackMinutes: 15, forSeconds: 900, recoveryThreshold: 1.4 },
  reads: ['fragmentationRatio'],
  read: ({ engine }) => engine?.gauges.fragmentationRatio ?? null,
};
