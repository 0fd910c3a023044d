import * as z from 'zod';
import { runStates, workflowKinds } from '../../domain/workflows/definition.ts';
import { signal, connectionId, limit, confirm, type MethodInputs } from './shared.ts';

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

export const workflowsInputs: MethodInputs = {
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
};
