import * as z from 'zod';
import { key, signal, connectionId, limit, confirm, type MethodInputs } from './shared.ts';

const ttlMs = z.number().int().positive().max(Number.MAX_SAFE_INTEGER).nullable();

export const keysInputs: MethodInputs = {
  scan: [
    z.strictObject({
      connectionId,
      pattern: z.string().optional(),
      type: z.string().optional(),
      limit: limit.optional(),
      cursor: z.string().optional(),
      signal: signal.optional(),
    }),
  ],
  count: [z.strictObject({ connectionId, pattern: z.string(), signal: signal.optional() })],
  read: [
    z.strictObject({
      connectionId,
      key,
      maxBytes: z
        .number()
        .int()
        .min(1)
        .max(512 * 1024 * 1024)
        .optional(),
    }),
  ],
  write: [
    z.strictObject({
      connectionId,
      key,
      type: z.string().min(1),
      value: z.unknown(),
      ttlMs: ttlMs.optional(),
      ifVersion: z.string().optional(),
      confirm: confirm.optional(),
    }),
  ],
  remove: [z.strictObject({ connectionId, keys: z.array(key).min(1).max(10_000), confirm: confirm.optional() })],
  rename: [
    z.strictObject({ connectionId, key, to: key, overwrite: z.boolean().optional(), confirm: confirm.optional() }),
  ],
  setTtl: [z.strictObject({ connectionId, key, ttlMs })],
  command: [z.strictObject({ connectionId, args: z.array(key).min(1).max(10_000), confirm: confirm.optional() })],
  uri: [z.strictObject({ connectionId, key })],
  snapshots: [z.strictObject({ connectionId, key: key.optional(), limit: limit.optional() })],
  restore: [
    z.strictObject({ snapshotId: z.string().min(1), overwrite: z.boolean().optional(), confirm: confirm.optional() }),
  ],
};
