import type { CountMetric } from './metric.ts';

export const slowCommandCount: CountMetric = {
  id: 'slowCommandCount',
  kind: 'count',
  title: 'Slow commands on the server',
  phrase: 'number of commands in the slow log',
  unit: 'count',
  source: 'engine',
  aggregations: ['sum', 'rate'],
  explanation:
    'Commands that the server wrote into its slow log, from all clients; exact even when the log has wrapped.',
  lacking: 'SLOWLOG is denied or not there.',
  minSamples: 1,
  sampleNoun: 'minutes',
  suggestion: { operator: '>', threshold: 10, lookbackMinutes: 5, forSeconds: 0 },
  reads: ['slowCommands'],
  read: ({ engine }) => engine?.counters.slowCommands ?? null,
};
