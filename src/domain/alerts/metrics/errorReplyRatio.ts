import type { RatioMetric } from './metric.ts';

export const errorReplyRatio: RatioMetric = {
  id: 'errorReplyRatio',
  kind: 'ratio',
  title: 'Error replies',
  phrase: 'share of error replies',
  unit: 'ratio',
  source: 'engine',
  aggregations: ['ratio'],
  explanation: 'Commands that the server answered with an error as a share of all commands, from all clients.',
  lacking: 'The server does not tell total_error_replies: INFO has it since Redis 6.2.',
  minSamples: 100,
  sampleNoun: 'commands',
  suggestion: { operator: '>', threshold: 0.01, lookbackMinutes: 5, forSeconds: 0, recoveryThreshold: 0.005 },
  reads: ['errorReplies', 'commands'],
  read: ({ engine }) => {
    const { errorReplies, commands } = engine?.counters ?? {};
    return errorReplies === undefined || commands === undefined
      ? null
      : { part: Math.min(errorReplies, commands), whole: commands };
  },
};
