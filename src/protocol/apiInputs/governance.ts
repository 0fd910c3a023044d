import * as z from 'zod';
import { governedActions } from '../../domain/governance/words.ts';
import { keysInputs } from './keys.ts';
import { connectionId, endAfterStart, endRule, instant, limit, type MethodInputs } from './shared.ts';
import { workflowsInputs } from './workflows.ts';

const packId = z.string().min(1);
const runId = z.string().min(1);
/** A pack's own rules stand in domain/governance/checkPack.ts, which names fields and rules itself. */
const pack = z.record(z.string(), z.unknown());

/** Namespaces none of whose methods packs are asked about. */
const readingNamespaces: ReadonlySet<string> = new Set([
  'connections',
  'governance',
  'observability',
  'alerts',
  'incidents',
  'retention',
]);

function isAction(action: string): boolean {
  const [namespace = '', method = '', ...more] = action.split('.');
  if (governedActions.includes(action)) return true;
  if (namespace === 'keys') return Object.hasOwn(keysInputs, method) && more.length === 0;
  if (namespace === 'workflows') return Object.hasOwn(workflowsInputs, method) && more.length === 0;
  return readingNamespaces.has(namespace) && /^\w+$/.test(method) && more.length === 0;
}

export const governanceInputs: MethodInputs = {
  packs: [],
  savePack: [pack],
  removePack: [packId],
  assign: [z.strictObject({ connectionId, packIds: z.array(packId).max(100) })],
  assignments: [],
  explain: [
    z.strictObject({
      connectionId,
      action: z.string().refine(isAction, 'is no method of the API, such as keys.remove or workflows.start'),
      items: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
      at: instant.optional(),
    }),
  ],
  replay: [z.strictObject({ pack, from: instant, to: instant }).refine(endAfterStart, endRule)],
  exportPacks: [z.array(packId).max(1000).optional()],
  importPacks: [z.string()],
  decisions: [
    z
      .strictObject({
        connectionId: connectionId.optional(),
        runId: runId.optional(),
        from: instant.optional(),
        to: instant.optional(),
        limit: limit.optional(),
      })
      .refine(({ from, to }) => from === undefined || to === undefined || endAfterStart({ from, to }), endRule)
      .optional(),
  ],
};
