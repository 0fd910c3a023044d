import type { GaugeMetric } from './metric.ts';

export const clientsRatio: GaugeMetric = {
  id: 'clientsRatio',
  kind: 'gauge',
  title: 'Clients',
  phrase: 'share of client connections in use',
  unit: 'ratio',
  source: 'engine',
  aggregations: ['last', 'avg', 'min', 'max'],
  explanation:
    'Connected clients, replicas and cluster links as a share of maxclients. At 100 % new connections are refused.',
  lacking: 'The server does not tell maxclients: INFO shows it since Redis 7.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>', threshold: 0.8, lookbackMinutes: 5, forSeconds: 120, recoveryThreshold: 0.7 },
  reads: ['clientsRatio'],
  read: ({ engine }) => engine?.gauges.clientsRatio ?? null,
};
