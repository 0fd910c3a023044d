import { commands, window, type Disposable } from 'vscode';
import type { CachifyApi } from '../../api.ts';
import type { Log } from '../../app/ports/environment.ts';
import { toBase64 } from '../../domain/bytes.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import {
  apiCommandIds,
  uiCommandIds,
  type ApiCommandId,
  type CommandId,
  type InteractiveCommand,
  type UiCommandId,
} from '../contributions.ts';
import { showBlocked } from '../governance/blocked.ts';

/** Interactive forms: each UI command is one; an API command has one when it can ask a person for its arguments. */
export type InteractiveCommands = { readonly [Id in UiCommandId]: InteractiveCommand } & {
  readonly [Id in ApiCommandId]?: InteractiveCommand;
};

/**
 * Registers every command of the product, each behind one wrapper. An API command called with a plain argument object
 * answers its plain result and rejects with a failure; called by a person, it asks, and failures become messages.
 */
export function registerCommands(api: CachifyApi, interactive: InteractiveCommands, log: Log): Disposable[] {
  return [
    ...apiCommandIds.map((id) =>
      commands.registerCommand(id, async (...args: unknown[]) => {
        const form = interactive[id];
        if (form === undefined || isPlainObject(args[0])) return callApi(api, id, args[0]);
        return showingFailures(id, log, () => form(args[0], selectedItems(args[1])));
      }),
    ),
    ...uiCommandIds.map((id) =>
      commands.registerCommand(id, (...args: unknown[]) =>
        showingFailures(id, log, () => interactive[id](args[0], selectedItems(args[1]))),
      ),
    ),
  ];
}

/** Runs a person's command: a failure becomes one message with its next action, a cancellation none. */
export async function showingFailures(action: CommandId, log: Log, run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'CANCELLED') return undefined;
    const kind = failure.details?.['kind'];
    log.error('command failed', { action, code: failure.code, ...(typeof kind === 'string' ? { kind } : {}) });
    const text = failure.nextAction === undefined ? failure.message : `${failure.message} ${failure.nextAction}`;
    // The command is over: what called it, a panel's button for example, does not wait until somebody closes the message.
    const shown = failure.code === 'BLOCKED' ? showBlocked(failure, text) : window.showErrorMessage(text);
    Promise.resolve(shown).then(undefined, (reason: unknown) =>
      log.error('command failed', { action, code: asFailure(reason).code }),
    );
    return undefined;
  }
}

/** Arguments of the API are plain objects; tree items are instances of classes. */
export function isPlainObject(argument: unknown): argument is Record<string, unknown> {
  if (typeof argument !== 'object' || argument === null) return false;
  const prototype: unknown = Object.getPrototypeOf(argument);
  return prototype === Object.prototype || prototype === null;
}

function selectedItems(argument: unknown): readonly unknown[] | undefined {
  return Array.isArray(argument) ? argument : undefined;
}

type Argument = Readonly<Record<string, unknown>>;

/** A command takes one plain object; these methods take their parameters one by one. */
const parametersOf: { readonly [Id in ApiCommandId]?: (argument: Argument) => readonly unknown[] } = {
  'cachify.connections.list': () => [],
  'cachify.connections.add': ({ draft, ...options }) => [draft, options],
  'cachify.connections.update': ({ id, draft, ...options }) => [id, draft, options],
  'cachify.connections.remove': ({ id }) => [id],
  'cachify.connections.connect': ({ id }) => [id],
  'cachify.connections.disconnect': ({ id }) => [id],
  'cachify.connections.unlock': ({ id, ...request }) => [id, request],
  'cachify.connections.lock': ({ id }) => [id],
  'cachify.alerts.rules': () => [],
  'cachify.alerts.removeRule': ({ id }) => [id],
  'cachify.alerts.evaluate': ({ at }) => [at],
  'cachify.alerts.markRead': ({ ids }) => [ids],
  'cachify.alerts.exportRules': ({ ids }) => [ids],
  'cachify.alerts.importRules': ({ json }) => [json],
  'cachify.governance.packs': () => [],
  'cachify.governance.removePack': ({ id }) => [id],
  'cachify.governance.assignments': () => [],
  'cachify.governance.exportPacks': ({ ids }) => [ids],
  'cachify.governance.importPacks': ({ json }) => [json],
  'cachify.retention.policies': () => [],
  'cachify.retention.summary': () => [],
  'cachify.retention.purge': ({ planId }) => [planId],
  'cachify.retention.undoPurge': ({ purgeId }) => [purgeId],
  'cachify.retention.exportDatabase': ({ target }) => [target],
  'cachify.retention.verify': () => [],
  'cachify.retention.importDesktop': ({ path, ...options }) => [path, options],
  'cachify.connections.approve': ({ id }) => [id],
  'cachify.workflows.templates': () => [],
  'cachify.workflows.removeTemplate': ({ id }) => [id],
  'cachify.workflows.wait': ({ runId }) => [runId],
  'cachify.workflows.pause': ({ runId }) => [runId],
  'cachify.workflows.cancel': ({ runId }) => [runId],
  'cachify.workflows.run': ({ runId }) => [runId],
  'cachify.observability.sampleNow': ({ connectionId }) => [connectionId],
  'cachify.incidents.job': ({ id }) => [id],
  'cachify.incidents.jobs': ({ limit }) => [limit],
  'cachify.incidents.wait': ({ id }) => [id],
  'cachify.incidents.cancel': ({ id }) => [id],
  'cachify.incidents.resume': ({ id }) => [id],
  'cachify.incidents.bundles': ({ limit }) => [limit],
  'cachify.incidents.verify': ({ path }) => [path],
  'cachify.incidents.removeBundle': ({ id }) => [id],
};

async function callApi(api: CachifyApi, id: ApiCommandId, argument: unknown): Promise<unknown> {
  const [, namespace = '', method = ''] = id.split('.');
  const group: unknown = Reflect.get(api, namespace);
  const call: unknown = typeof group === 'object' && group !== null ? Reflect.get(group, method) : undefined;
  if (typeof call !== 'function') throw new Failure('NOT_SUPPORTED', `There is no command ${id}.`);
  const parameters = parametersOf[id]?.(isPlainObject(argument) ? argument : {}) ?? [argument];
  const result: unknown = await Reflect.apply(call, group, parameters);
  return plain(isStream(result) ? await lastOf(result) : result);
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A command has one result: of a stream of ever more complete answers it is the last. */
async function lastOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const item of stream) last = item;
  return last;
}

/** A result that survives a process border: bytes as `{ base64 }`. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: toBase64(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
