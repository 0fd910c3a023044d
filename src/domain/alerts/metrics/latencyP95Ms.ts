import type { QuantileMetric } from './metric.ts';

export const latencyP95Ms: QuantileMetric = {
  id: 'latencyP95Ms',
  kind: 'quantile',
  title: 'Latency p95',
  phrase: 'p95 latency',
  unit: 'ms',
  source: 'client',
  aggregations: ['p95'],
  explanation:
    'The time below which 95 % of our own successful operations stayed, as this machine sees it: network included.',
  lacking: 'Our own operations are always known while a connection is open.',
  minSamples: 20,
  sampleNoun: 'operations',
  suggestion: { operator: '>', threshold: 25, lookbackMinutes: 5, forSeconds: 120, recoveryThreshold: 15 },
  q: 0.95,
  reads: [],
  read: ({ sketch }) => sketch,
};
