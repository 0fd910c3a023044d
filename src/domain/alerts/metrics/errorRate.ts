import type { RatioMetric } from './metric.ts';
import { ourMinute } from './metric.ts';

export const errorRate: RatioMetric = {
  id: 'errorRate',
  kind: 'ratio',
  title: 'Error rate',
  phrase: 'error rate',
  unit: 'ratio',
  source: 'client',
  aggregations: ['ratio'],
  explanation:
    'The share of our own operations that failed in the lookback. Operations that a policy blocked do not count.',
  lacking: 'Our own operations are always known while a connection is open.',
  minSamples: 1,
  sampleNoun: 'operations',
  suggestion: { operator: '>', threshold: 0.05, lookbackMinutes: 5, forSeconds: 60, recoveryThreshold: 0.02 },
  reads: [],
  read: (minute) => (ourMinute(minute) ? { part: minute.error, whole: minute.success + minute.error } : null),
};
