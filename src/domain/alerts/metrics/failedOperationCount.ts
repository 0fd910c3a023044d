import type { CountMetric } from './metric.ts';
import { ourMinute } from './metric.ts';

export const failedOperationCount: CountMetric = {
  id: 'failedOperationCount',
  kind: 'count',
  title: 'Failed operations',
  phrase: 'number of failed operations',
  unit: 'count',
  source: 'client',
  aggregations: ['sum', 'rate'],
  explanation: 'How many of our own operations failed. Operations that a policy blocked do not count.',
  lacking: 'Our own operations are always known while a connection is open.',
  minSamples: 1,
  sampleNoun: 'minutes',
  suggestion: { operator: '>', threshold: 10, lookbackMinutes: 5, forSeconds: 0 },
  reads: [],
  read: (minute) => (ourMinute(minute) ? minute.error : null),
};
