import type { CountMetric } from './metric.ts';
import { ourMinute } from './metric.ts';

export const slowOperationCount: CountMetric = {
  id: 'slowOperationCount',
  kind: 'count',
  title: 'Slow operations',
  phrase: 'number of slow operations',
  unit: 'count',
  source: 'client',
  aggregations: ['sum', 'rate'],
  explanation: 'How many of our own operations took 100 ms or longer.',
  lacking: 'Our own operations are always known while a connection is open.',
  minSamples: 1,
  sampleNoun: 'minutes',
  suggestion: { operator: '>', threshold: 10, lookbackMinutes: 5, forSeconds: 0 },
  reads: [],
  read: (minute) => (ourMinute(minute) ? minute.slow : null),
};
