import * as z from 'zod';
import { fromBase64, type Bytes } from '../domain/bytes.ts';
import { validationFailure, type Failure } from '../domain/failure.ts';
import { runStates, workflowKinds } from '../domain/workflows/definition.ts';

/** What every method of the API takes, parameter by parameter. Unknown fields are refused. */

const base64Bytes = z.strictObject({ base64: z.string() }).transform((part, context): Bytes => {
  const bytes = fromBase64(part.base64);
  if (bytes !== null) return bytes;
  context.addIssue({ code: 'custom', message: 'is not base64' });
  return z.NEVER;
});

const bytes = z.custom<Bytes>((value) => value instanceof Uint8Array, 'is neither text nor bytes');
const key = z.union([z.string(), bytes, base64Bytes], 'is neither text, nor bytes, nor { base64 }');
const signal = z.custom<AbortSignal>(
  (value) => typeof value === 'object' && value !== null && 'aborted' in value,
  'is not an AbortSignal',
);
const connectionId = z.string().min(1);
const limit = z.number().int().min(1).max(10_000);
const ttlMs = z.number().int().positive().max(Number.MAX_SAFE_INTEGER).nullable();
const confirm = z.string();
const secret = z.strictObject({
  password: z.string().optional(),
  sentinelPassword: z.string().optional(),
  keyPassphrase: z.string().optional(),
});
/** A definition's own rules stand in domain/connections/validate.ts, which names fields and rules itself. */
const draft = z.record(z.string(), z.unknown());

/** Of this machine; a drive letter or a network share on Windows. */
const absolutePath = z.string().regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/, 'is not an absolute path');

const instant = z.iso.datetime({ offset: false, message: 'is not a UTC time such as 2026-11-22T10:00:00.000Z' });
const windowAndScope = {
  from: instant,
  to: instant,
  connectionIds: z.array(connectionId).optional(),
  environments: z.array(z.enum(['dev', 'staging', 'prod', 'unknown'])).optional(),
};
const endAfterStart = (window: { from: string; to: string }): boolean =>
  Date.parse(window.to) > Date.parse(window.from);
const endRule = { path: ['to'], message: 'must be later than `from`' };

const runId = z.string().min(1);
const workflowKind = z.enum(workflowKinds);
/** A kind's own rules stand in domain/workflows/kinds, which name fields and rules themselves. */
const workflowParameters = z.record(z.string(), z.unknown());
const retryPolicy = z.strictObject({
  maxAttempts: z.number(),
  backoffMs: z.number(),
  strategy: z.enum(['fixed', 'exponential']),
  abortOnErrorRate: z.number(),
});

export const apiInputs: Readonly<Record<string, Readonly<Record<string, readonly z.ZodType[]>>>> = {
  connections: {
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
  },
  keys: {
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
  },
  workflows: {
    templates: [],
    saveTemplate: [
      z.strictObject({ id: runId.optional(), name: z.string(), kind: workflowKind, parameters: workflowParameters }),
    ],
    removeTemplate: [runId],
    plan: [
      z.strictObject({
        connectionId,
        templateId: runId.optional(),
        kind: workflowKind.optional(),
        parameters: workflowParameters.optional(),
        signal: signal.optional(),
      }),
    ],
    planItems: [z.strictObject({ runId, cursor: z.string().optional(), limit: limit.optional() })],
    start: [z.strictObject({ runId, confirm: confirm.optional(), retry: retryPolicy.optional() })],
    wait: [runId],
    pause: [runId],
    cancel: [runId],
    resume: [z.strictObject({ runId, token: z.string().optional(), confirm: confirm.optional() })],
    rerun: [z.strictObject({ runId, parameters: workflowParameters.optional() })],
    undo: [z.strictObject({ runId, confirm: confirm.optional() })],
    schedule: [z.strictObject({ runId, confirm: confirm.optional() })],
    resolveInDoubt: [z.strictObject({ runId, choice: z.enum(['treatAsDone', 'redo', 'stop']) })],
    runs: [
      z
        .strictObject({
          connectionId: connectionId.optional(),
          states: z.array(z.enum(runStates)).optional(),
          limit: limit.optional(),
        })
        .optional(),
    ],
    run: [runId],
  },
  retention: {
    exportDatabase: [absolutePath],
    verify: [],
    importDesktop: [
      absolutePath,
      z.strictObject({ scope: z.enum(['user', 'workspace']).optional(), dryRun: z.boolean().optional() }).optional(),
    ],
  },
  observability: {
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
  },
};

/**
 * The parameters of `namespace.method`, parsed. Throws VALIDATION_ERROR that names the first wrong field in
 * `details.path` and the rule in its message.
 */
export function parseApiInput(namespace: string, method: string, parameters: readonly unknown[]): unknown[] {
  const schemas = apiInputs[namespace]?.[method] ?? [];
  if (parameters.length > schemas.length && parameters.slice(schemas.length).some((extra) => extra !== undefined)) {
    throw validationFailure('', `${namespace}.${method} takes ${schemas.length} parameters, not ${parameters.length}.`);
  }
  return schemas.map((schema, index) => {
    const result = schema.safeParse(parameters[index]);
    if (result.success) return result.data;
    throw failureOfIssue(`${namespace}.${method}`, result.error);
  });
}

function failureOfIssue(method: string, error: z.ZodError): Failure {
  const issue = error.issues[0];
  if (issue === undefined) return validationFailure('', `The input of ${method} is not valid.`);
  const unknownField = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...issue.path.map(String), ...(unknownField === undefined ? [] : [unknownField])].join('.');
  const rule = unknownField === undefined ? issue.message : 'is not a field of this call';
  return validationFailure(path, `${method}: ${path === '' ? 'the input' : `\`${path}\``}: ${rule}.`);
}
