import type { WorkflowKind } from './definition.ts';

export interface WorkflowTemplate {
  readonly id: string;
  readonly name: string;
  readonly kind: WorkflowKind;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly builtIn: boolean;
}

export interface WorkflowTemplateDraft {
  readonly name: string;
  readonly kind: WorkflowKind;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Templates that ship with the product; `Duplicate` makes an editable copy. */
export const builtInTemplates: readonly WorkflowTemplate[] = [
  builtIn('delete-folder', 'Delete a folder', 'deleteByPattern', { pattern: 'tmp:*' }),
  builtIn('delete-idle', 'Delete what nobody used for 30 days', 'deleteByPattern', {
    pattern: 'cache:*',
    idleSeconds: 30 * 24 * 3600,
  }),
  builtIn('expire-missing', 'Give an expiry to keys without one', 'ttlNormalize', {
    pattern: 'session:*',
    ttlSeconds: 24 * 3600,
    mode: 'missing',
    jitterPercent: 10,
  }),
  builtIn('shorten-ttl', 'Shorten long expiries', 'ttlNormalize', {
    pattern: 'cache:*',
    ttlSeconds: 7 * 24 * 3600,
    mode: 'longer',
    jitterPercent: 10,
  }),
  builtIn('warm-up', 'Warm up from a list', 'warmupSet', {
    entries: [{ key: 'feature:example', value: 'on', ttlSeconds: 3600 }],
    overwrite: false,
  }),
];

function builtIn(
  id: string,
  name: string,
  kind: WorkflowKind,
  parameters: Readonly<Record<string, unknown>>,
): WorkflowTemplate {
  return { id: `built-in:${id}`, name, kind, parameters, builtIn: true };
}
