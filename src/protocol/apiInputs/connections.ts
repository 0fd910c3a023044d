import * as z from 'zod';
import { connectionId, type MethodInputs } from './shared.ts';

const secret = z.strictObject({
  password: z.string().optional(),
  sentinelPassword: z.string().optional(),
  keyPassphrase: z.string().optional(),
});

/** A definition's own rules stand in domain/connections/validate.ts, which names fields and rules itself. */
const draft = z.record(z.string(), z.unknown());

export const connectionsInputs: MethodInputs = {
  list: [],
  add: [
    draft,
    z.strictObject({ secret: secret.optional(), scope: z.enum(['user', 'workspace']).optional() }).optional(),
  ],
  update: [connectionId, draft, z.strictObject({ secret: secret.optional() }).optional()],
  remove: [connectionId],
  test: [z.union([z.strictObject({ id: connectionId }), z.strictObject({ draft, secret: secret.optional() })])],
  connect: [connectionId],
  disconnect: [connectionId],
  unlock: [connectionId, z.strictObject({ reason: z.string(), minutes: z.number().optional() })],
  lock: [connectionId],
  approve: [connectionId],
};
