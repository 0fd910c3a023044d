import { fromBase64, textOf, toBase64, utf8 } from '../../domain/bytes.ts';
import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';
import { jsonOfBytes } from '../../domain/keys/key.ts';
import {
  builtInTemplates,
  type WorkflowTemplate,
  type WorkflowTemplateDraft,
} from '../../domain/workflows/builtIns.ts';
import type { WorkflowKind } from '../../domain/workflows/definition.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import { isoTime } from '../ports/clock.ts';
import type { StoredTemplate } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';

const longestName = 120;

/** Built-in templates first, then own ones by name. */
export async function listTemplates(parts: WorkflowParts): Promise<WorkflowTemplate[]> {
  const own = await parts.store.templates();
  return [...builtInTemplates, ...(await Promise.all(own.map((template) => opened(parts, template))))];
}

/** @throws Failure VALIDATION_ERROR for one that is not there */
export async function templateById(parts: WorkflowParts, id: string): Promise<WorkflowTemplate> {
  const found = (await listTemplates(parts)).find((template) => template.id === id);
  if (found === undefined) throw validationFailure('templateId', `There is no template ${display(id)}.`);
  return found;
}

/** Creates or changes an own template; parameters are checked as a plan would check them. */
export async function saveTemplate(
  parts: WorkflowParts,
  draft: WorkflowTemplateDraft & { readonly id?: string },
): Promise<WorkflowTemplate> {
  const name = draft.name.trim();
  if (name === '' || name.length > longestName)
    throw validationFailure('name', `A template's name has 1 to ${longestName} characters.`);
  if (draft.id?.startsWith('built-in:'))
    throw validationFailure('id', 'Built-in templates cannot be changed. Duplicate it and change the copy.');
  checkParameters(draft.kind, draft.parameters);
  const own = await parts.store.templates();
  const existing = own.find(({ id }) => id === draft.id);
  if (draft.id !== undefined && existing === undefined)
    throw validationFailure('id', `There is no template ${display(draft.id)} of your own.`);
  const at = isoTime(parts.clock);
  const id = existing?.id ?? parts.digest.uuid();
  const createdAt = existing?.createdAt ?? at;
  const parameters = await sealed(parts, id, plain(draft.parameters));
  await parts.store.saveTemplate({ id, name, kind: draft.kind, parameters, createdAt, updatedAt: at });
  return { id, name, kind: draft.kind, parameters: plain(draft.parameters), builtIn: false };
}

export async function removeTemplate(parts: WorkflowParts, id: string): Promise<void> {
  if (id.startsWith('built-in:')) throw validationFailure('id', 'Built-in templates cannot be deleted.');
  if (!(await parts.store.removeTemplate(id))) throw validationFailure('id', `There is no template ${display(id)}.`);
}

function checkParameters(kind: WorkflowKind, parameters: Readonly<Record<string, unknown>>): void {
  // A file is read when a plan is made: it may change until then.
  if (kind === 'warmupSet' && parameters['file'] !== undefined && parameters['entries'] === undefined) {
    kindOf(kind).check({ ...parameters, entries: [{ key: 'k', value: '' }] });
  } else kindOf(kind).check(parameters);
}

/** Parameters as JSON can hold them. */
function plain(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { entries, ...rest } = parameters;
  if (!Array.isArray(entries)) return { ...parameters };
  return { ...rest, entries: entries.map((entry: Record<string, unknown>) => plainEntry(entry)) };
}

function plainEntry(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([name, part]) => [name, part instanceof Uint8Array ? jsonOfBytes(part) : part]),
  );
}

/** Entries hold values of keys, which never lie in the store as they are. */
async function sealed(
  parts: WorkflowParts,
  id: string,
  parameters: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { entries, ...rest } = parameters;
  if (entries === undefined) return parameters;
  // Entries that this machine cannot open are left out: the template is still listed and can be given new ones.
  const bytes = await parts.cipher.seal(utf8(JSON.stringify(entries)), contextOf(id));
  return { ...rest, sealedEntries: toBase64(bytes) };
}

async function opened(parts: WorkflowParts, template: StoredTemplate): Promise<WorkflowTemplate> {
  const { id, name, kind, parameters } = template;
  const { sealedEntries, ...rest } = parameters;
  if (typeof sealedEntries !== 'string') return { id, name, kind, parameters, builtIn: false };
  // Entries that this machine cannot open are left out: the template is still listed and can be given new ones.
  const bytes = await parts.cipher
    .open(fromBase64(sealedEntries) ?? new Uint8Array(0), contextOf(id))
    .catch(() => null);
  if (bytes === null) return { id, name, kind, parameters: rest, builtIn: false };
  return {
    id,
    name,
    kind,
    parameters: { ...rest, entries: JSON.parse(textOf(bytes) ?? '[]') as unknown },
    builtIn: false,
  };
}

function contextOf(id: string): string {
  return `workflow-template/${id}`;
}
