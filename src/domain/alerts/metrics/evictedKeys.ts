import type { CountMetric } from './metric.ts';

export const evictedKeys: CountMetric = {
  id: 'evictedKeys',
  kind: 'count',
  title: 'Evicted keys',
  phrase: 'number of evicted keys',
  unit: 'count',
  source: 'engine',
  aggregations: ['sum', 'rate'],
  explanation: 'Keys that the server threw away to stay below maxmemory. Normal for a cache, loss of data elsewhere.',
  lacking: 'The server does not tell evicted_keys.',
  minSamples: 1,
  sampleNoun: 'minutes',
  suggestion: { operator: '>', threshold: 0, lookbackMinutes: 10, forSeconds: 0 },
  reads: ['evictedKeys'],
  read: ({ engine }) => engine?.counters.evictedKeys ?? null,
};
