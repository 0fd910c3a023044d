import type { CountMetric } from './metric.ts';

export const rejectedConnections: CountMetric = {
  id: 'rejectedConnections',
  kind: 'count',
  title: 'Rejected connections',
  phrase: 'number of rejected connections',
  unit: 'count',
  source: 'engine',
  aggregations: ['sum', 'rate'],
  explanation: 'Connections that the server refused because maxclients was reached.',
  lacking: 'The server does not tell rejected_connections.',
  minSamples: 1,
  sampleNoun: 'minutes',
  suggestion: { operator: '>', threshold: 0, lookbackMinutes: 5, forSeconds: 0 },
  reads: ['rejectedConnections'],
  read: ({ engine }) => engine?.counters.rejectedConnections ?? null,
};
