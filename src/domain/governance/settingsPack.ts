import { display } from '../display.ts';
import { asFailure, validationFailure } from '../failure.ts';
import { checkPack, fieldsOf, packFields } from './checkPack.ts';
import type { HoldingPack, UnreadablePack } from './decide.ts';

/** A pack of the setting `cachify.policyPacks`: the fields of a pack, an id, and where it holds. */
export interface SettingsPack extends HoldingPack {
  /** Ids of connections; null = all. */
  readonly connections: readonly string[] | null;
}

const prefix = 'settings:';
const ownFields: ReadonlySet<string> = new Set([...packFields, 'id', 'connections']);

/** Whether an id is one of a pack that stands in settings. */
export function isSettingsPackId(id: string): boolean {
  return id.startsWith(prefix);
}

/**
 * A pack of settings. It is added to those that hold already, so it can only tighten.
 * @throws Failure VALIDATION_ERROR that names the field
 */
export function checkSettingsPack(entry: unknown): SettingsPack {
  const { id, connections, ...rest } = fieldsOf(entry, '', ownFields, 'a policy pack in settings');
  if (typeof id !== 'string' || !/^[\w.-]{1,64}$/.test(id))
    throw validationFailure('id', 'A policy pack in settings has an id of 1 to 64 letters, digits, dots, dashes.');
  return { id: `${prefix}${id}`, connections: checkConnections(connections), content: checkPack(rest) };
}

/** An entry that cannot be read holds everywhere, and denies: a rule that somebody wrote must not vanish by a typing mistake. */
export function settingsPacks(entries: readonly unknown[]): {
  readonly packs: readonly SettingsPack[];
  readonly unreadable: readonly UnreadablePack[];
} {
  const packs: SettingsPack[] = [];
  const unreadable: UnreadablePack[] = [];
  entries.forEach((entry, index) => {
    try {
      packs.push(checkSettingsPack(entry));
    } catch (error) {
      const { message, details } = asFailure(error);
      const name = nameOf(entry) ?? `Entry ${index + 1} of cachify.policyPacks`;
      const field = details?.path === undefined || details.path === '' ? '' : `${display(details.path)}: `;
      unreadable.push({ id: `${prefix}${index}`, name, problem: `${field}${message}` });
    }
  });
  return { packs, unreadable };
}

function checkConnections(given: unknown): readonly string[] | null {
  if (given === undefined) return null;
  if (!Array.isArray(given) || given.length === 0)
    throw validationFailure('connections', 'Here stands a list of ids of connections; leave it out for all of them.');
  return given.map((id: unknown, index) => {
    if (typeof id !== 'string' || id === '')
      throw validationFailure(`connections.${index}`, 'Here stands the id of a connection.');
    return id;
  });
}

function nameOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const name: unknown = Reflect.get(entry, 'name');
  return typeof name === 'string' && name.trim() !== '' ? name : null;
}
