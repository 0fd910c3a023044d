import type { Redactor, TextKind } from './redactor.ts';

/** An allow-list: fields that may be handed over, and as what. A field that is not named here is left out. */
export type Shape =
  | TextKind
  | 'number'
  | 'boolean'
  /** UTC ISO-8601. */
  | 'time'
  /** Made by this product: a UUID, a hash. */
  | 'id'
  | { readonly list: Shape }
  /** Names that are data, each with a value of one kind. */
  | { readonly names: TextKind; readonly values: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const id =
  /^(?:[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z][a-zA-Z]{1,30}(?:[-:.][a-zA-Z0-9]{1,20}){0,3})$/;

/** `value` as far as `shape` allows; undefined when nothing of it does. */
export function allowed(redactor: Redactor, shape: Shape, value: unknown, name = ''): unknown {
  if (value === null || value === undefined) return value ?? undefined;
  if (typeof shape === 'object') return compound(redactor, shape, value, name);
  if (shape === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : refused(redactor, name);
  if (shape === 'boolean') return typeof value === 'boolean' ? value : refused(redactor, name);
  if (typeof value === 'number' || typeof value === 'boolean')
    return shape === 'time' ? refused(redactor, name) : value;
  if (typeof value !== 'string') return refused(redactor, name);
  if (shape === 'time') return time.test(value) ? value : refused(redactor, name);
  if (shape === 'id') return redactor.text(id.test(value) ? idKind(redactor) : 'label', value);
  return redactor.text(shape, value);
}

/** An id means nothing outside this machine; in the strict profile it becomes a token all the same when it is a slug. */
function idKind({ profile }: Redactor): TextKind {
  return profile === 'strict' ? 'label' : 'fact';
}

function compound(redactor: Redactor, shape: Exclude<Shape, string>, value: unknown, name: string): unknown {
  if ('list' in shape) {
    if (!Array.isArray(value)) return refused(redactor, name);
    return value.flatMap((item) => {
      const kept = allowed(redactor, shape.list, item, name);
      return kept === undefined ? [] : [kept];
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refused(redactor, name);
  const kept: [string, unknown][] = [];
  for (const [field, part] of Object.entries(value)) {
    if ('names' in shape) {
      const key = redactor.text(shape.names, field);
      const item = key === undefined ? undefined : allowed(redactor, shape.values, part, field);
      if (key !== undefined && item !== undefined) kept.push([key, item]);
      continue;
    }
    const inner = Object.hasOwn(shape.fields, field) ? shape.fields[field] : undefined;
    if (inner === undefined) redactor.dropped(field);
    else {
      const item = allowed(redactor, inner, part, field);
      if (item !== undefined) kept.push([field, item]);
    }
  }
  // Built from pairs: a field called __proto__ is data.
  return Object.fromEntries(kept);
}

function refused(redactor: Redactor, name: string): undefined {
  redactor.dropped(name);
  return undefined;
}
