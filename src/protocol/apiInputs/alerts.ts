import * as z from 'zod';
import { connectionId, endAfterStart, endRule, instant, limit, type MethodInputs } from './shared.ts';

const ruleId = z.string().min(1);
/** A rule's own rules stand in domain/alerts/validate.ts, which names fields and rules itself. */
const rule = z.record(z.string(), z.unknown());

export const alertsInputs: MethodInputs = {
  rules: [],
  saveRule: [rule],
  removeRule: [ruleId],
  backtest: [z.strictObject({ rule, from: instant, to: instant }).refine(endAfterStart, endRule)],
  evaluate: [instant.optional()],
  events: [z.strictObject({ unreadOnly: z.boolean().optional(), limit: limit.optional() }).optional()],
  markRead: [z.union([z.literal('all'), z.array(z.string().min(1)).max(10_000)], 'is neither a list of ids nor "all"')],
  snooze: [z.strictObject({ ruleId, connectionId: connectionId.optional(), minutes: z.number() })],
  exportRules: [z.array(ruleId).max(1000).optional()],
  importRules: [z.string().max(4 << 20)],
};
