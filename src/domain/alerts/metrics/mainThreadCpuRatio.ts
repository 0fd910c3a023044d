import type { GaugeMetric } from './metric.ts';

export const mainThreadCpuRatio: GaugeMetric = {
  id: 'mainThreadCpuRatio',
  kind: 'gauge',
  title: 'Main thread CPU',
  phrase: 'main thread CPU',
  unit: 'ratio',
  source: 'engine',
  aggregations: ['avg', 'last', 'min', 'max'],
  explanation: 'CPU time of the server’s main thread as a share of one core. Near 100 % every command waits.',
  lacking: 'The server does not tell used_cpu_sys_main_thread: INFO has it since Redis 6.2.',
  minSamples: 1,
  sampleNoun: 'samples',
  suggestion: { operator: '>', threshold: 0.85, lookbackMinutes: 5, forSeconds: 120, recoveryThreshold: 0.75 },
  reads: ['mainThreadCpuRatio'],
  read: ({ engine }) => engine?.gauges.mainThreadCpuRatio ?? null,
};
