/** Readers of hand-written JSON: each takes anything, notes what is wrong under the field's path, and never throws. */

/** One thing wrong with an entry: which field, and the rule that it breaks. Text of the entry itself is not repeated. */
export interface Problem {
  /** As a person would write it: `tls.caFile`, `sentinel.nodes[0]`; empty for the entry as a whole. */
  readonly path: string;
  readonly rule: string;
}

/** Problems found so far. Keeps the first 20: a hostile file must not make a million of them. */
export class Problems {
  readonly found: Problem[] = [];

  add(path: string, rule: string): undefined {
    if (this.found.length < 20) this.found.push({ path, rule });
    return undefined;
  }
}

/** Reads a value: the value as it should be, or undefined after noting a problem. */
export type Read<T> = (value: unknown, path: string, problems: Problems) => T | undefined;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const invisible = /[\p{Other}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u;

export interface TextRules {
  readonly max: number;
  readonly pattern?: RegExp;
  /** What `pattern` means, completing "must …". */
  readonly must?: string;
}

/** Visible text of 1 to `max` characters: no line breaks, controls, direction marks or zero-width characters. */
export function text(rules: TextRules): Read<string> {
  return (value, path, problems) => {
    if (typeof value !== 'string') return problems.add(path, 'must be text');
    if (value.length === 0) return problems.add(path, 'must not be empty');
    if (value.length > rules.max) return problems.add(path, `must have at most ${rules.max} characters`);
    if (invisible.test(value)) {
      return problems.add(path, 'must not hold invisible characters, line breaks or text-direction marks');
    }
    if (rules.pattern && !rules.pattern.test(value)) return problems.add(path, `must ${rules.must}`);
    return value;
  };
}

export function number(rules: { readonly min: number; readonly max: number; readonly whole: boolean }): Read<number> {
  const kind = rules.whole ? 'a whole number' : 'a number';
  return (value, path, problems) => {
    const fits =
      typeof value === 'number' &&
      value >= rules.min &&
      value <= rules.max &&
      (!rules.whole || Number.isSafeInteger(value));
    return fits ? value : problems.add(path, `must be ${kind} from ${rules.min} to ${rules.max}`);
  };
}

export const flag: Read<boolean> = (value, path, problems) =>
  typeof value === 'boolean' ? value : problems.add(path, 'must be true or false');

export function oneOf<const T extends string>(choices: readonly T[]): Read<T> {
  return (value, path, problems) =>
    choices.find((choice) => choice === value) ?? problems.add(path, `must be one of ${choices.join(', ')}`);
}

export function list<T>(item: Read<T>, rules: { readonly min: number; readonly max: number }): Read<readonly T[]> {
  return (value, path, problems) => {
    if (!Array.isArray(value)) return problems.add(path, 'must be a list');
    if (value.length < rules.min || value.length > rules.max) {
      return problems.add(path, `must have ${rules.min} to ${rules.max} items`);
    }
    const before = problems.found.length;
    const items = value.map((each, at) => item(each, `${path}[${at}]`, problems));
    return problems.found.length === before ? items.filter((each) => each !== undefined) : undefined;
  };
}

/** An object with any field names, for example a table of addresses; at most `max` of them. */
export function table<T>(name: Read<string>, item: Read<T>, max: number): Read<Readonly<Record<string, T>>> {
  return (value, path, problems) => {
    if (!isRecord(value)) return problems.add(path, 'must be an object');
    const names = Object.keys(value);
    if (names.length > max) return problems.add(path, `must have at most ${max} fields`);
    const entries: [string, T][] = [];
    for (const key of names) {
      const left = name(key, `${path} (a field's name)`, problems);
      const right = item(value[key], `${path}.${left ?? '…'}`, problems);
      if (left !== undefined && right !== undefined) entries.push([left, right]);
    }
    return Object.fromEntries(entries);
  };
}

/** One reader per field of `T`. */
export type Fields<T> = { readonly [Name in keyof T]-?: Read<NonNullable<T[Name]>> };

/** Names of fields that people try and that must never work, with what to do about it. */
const secretNames = new Map(
  ['password', 'pass', 'auth', 'passphrase', 'keyPassphrase', 'sentinelPassword', 'token'].map((name) => [
    name,
    'must not stand in settings: remove it, then use "Edit connection" to keep it in the secret storage',
  ]),
);

/** An object with exactly these fields: required ones are there, unknown ones are an error. */
export function closed<T extends object>(fields: Fields<T>, required: readonly (keyof T & string)[]): Read<T> {
  const readers = new Map<string, Read<unknown>>(Object.entries(fields));
  return (value, path, problems) => {
    if (!isRecord(value)) return problems.add(path, 'must be an object');
    const before = problems.found.length;
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    const given = new Map<string, unknown>();
    for (const name of Object.keys(value)) {
      const read = readers.get(name);
      if (read === undefined) {
        problems.add(at(shownName(name)), secretNames.get(name) ?? 'is not a field of this kind');
      } else if (value[name] !== undefined) {
        const result = read(value[name], at(name), problems);
        if (result !== undefined) given.set(name, result);
      }
    }
    for (const name of required) if (value[name] === undefined) problems.add(at(name), 'is missing');
    return problems.found.length === before ? (Object.fromEntries(given) as T) : undefined;
  };
}

/** A field name of the entry, fit to stand in a message. */
function shownName(name: string): string {
  return /^[\w$.-]{1,40}$/.test(name) ? name : '(a field with an unusual name)';
}
