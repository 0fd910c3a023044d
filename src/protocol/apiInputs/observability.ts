import * as z from 'zod';
import {
  signal,
  connectionId,
  limit,
  confirm,
  instant,
  windowAndScope,
  endAfterStart,
  endRule,
  type MethodInputs,
} from './shared.ts';

export const observabilityInputs: MethodInputs = {
  overview: [z.strictObject(windowAndScope).refine(endAfterStart, endRule)],
  timeline: [
    z
      .strictObject({
        ...windowAndScope,
        actions: z.array(z.string()).optional(),
        statuses: z.array(z.enum(['success', 'error', 'blocked'])).optional(),
        text: z.string().max(256).optional(),
        cursor: z.string().optional(),
        limit: limit.optional(),
      })
      .refine(endAfterStart, endRule),
  ],
  sampleNow: [connectionId],
  keyspaceActivity: [
    z
      .strictObject({
        ...windowAndScope,
        source: z.enum(['client', 'notifications', 'monitor', 'scan']).optional(),
        buckets: z.number().int().min(1).max(1_000).optional(),
        limit: limit.optional(),
        signal: signal.optional(),
      })
      .refine(endAfterStart, endRule),
  ],
  failures: [z.strictObject({ ...windowAndScope, limit: limit.optional() }).refine(endAfterStart, endRule)],
  compare: [
    z.strictObject({
      baseline: z.strictObject({ from: instant, to: instant }).refine(endAfterStart, endRule),
      compare: z.strictObject({ from: instant, to: instant }).refine(endAfterStart, endRule),
      connectionIds: windowAndScope.connectionIds,
      environments: windowAndScope.environments,
      signal: signal.optional(),
    }),
  ],
  watchActivity: [
    z.strictObject({
      connectionId,
      source: z.enum(['notifications', 'monitor']),
      seconds: z.number().int().min(1).max(300),
      signal: signal.optional(),
      confirm: confirm.optional(),
    }),
  ],
};
