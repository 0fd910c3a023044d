import type { RatioMetric } from './metric.ts';

export const hitRatio: RatioMetric = {
  id: 'hitRatio',
  kind: 'ratio',
  title: 'Hit ratio',
  phrase: 'hit ratio',
  unit: 'ratio',
  source: 'engine',
  aggregations: ['ratio'],
  explanation: 'Lookups that found their key as a share of all lookups, from all clients.',
  lacking: 'The server does not tell keyspace_hits and keyspace_misses.',
  minSamples: 1000,
  sampleNoun: 'lookups',
  suggestion: { operator: '<', threshold: 0.5, lookbackMinutes: 15, forSeconds: 0, recoveryThreshold: 0.6 },
  reads: ['hits', 'misses'],
  read: ({ engine }) => {
    const { hits, misses } = engine?.counters ?? {};
    return hits === undefined || misses === undefined ? null : { part: hits, whole: hits + misses };
  },
};
