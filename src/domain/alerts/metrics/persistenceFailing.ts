import type { GaugeMetric } from './metric.ts';

export const persistenceFailing: GaugeMetric = {
  id: 'persistenceFailing',
  kind: 'gauge',
  title: 'Persistence failing',
  phrase: 'failing persistence',
  unit: 'state',
  source: 'engine',
  aggregations: ['last', 'min', 'avg'],
  explanation:
    '1 while the last RDB save or AOF write failed, or the last save is older than 48 h although saving is configured and data changed.',
  lacking: 'INFO does not tell about persistence here.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>=', threshold: 1, lookbackMinutes: 2, forSeconds: 0 },
  reads: ['persistenceFailing'],
  read: ({ engine }) => engine?.gauges.persistenceFailing ?? null,
};
