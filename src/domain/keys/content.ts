import { compareBytes, sameBytes, type Bytes } from '../bytes.ts';
import { validationFailure } from '../failure.ts';
import { bytesOfJson, jsonOfBytes, keyOf, type JsonBytes } from './key.ts';
import { parseScore } from './score.ts';
import { compareStreamIds, isStreamId } from './streamId.ts';

export type Pair = readonly [name: Bytes, value: Bytes];
export type ScoredMember = readonly [member: Bytes, score: string];
export type StreamEntry = readonly [id: string, fields: readonly Pair[]];

/** The whole value of a key, as bytes. Scores and stream ids stay the server's text: no digit is lost. */
export type Content =
  | { readonly type: 'string'; readonly bytes: Bytes }
  | { readonly type: 'list'; readonly items: readonly Bytes[] }
  | { readonly type: 'set'; readonly items: readonly Bytes[] }
  | { readonly type: 'hash'; readonly fields: readonly Pair[] }
  | { readonly type: 'zset'; readonly members: readonly ScoredMember[] }
  | { readonly type: 'stream'; readonly entries: readonly StreamEntry[] };

export type ContentType = Content['type'];

const contentTypes: readonly string[] = ['string', 'list', 'set', 'hash', 'zset', 'stream'] satisfies ContentType[];

/** Whether `type` is one of Redis's six own types; module types have no document. */
export function isContentType(type: string): type is ContentType {
  return contentTypes.includes(type);
}

/** Number of elements; of a string, of bytes. */
export function sizeOf(content: Content): number {
  switch (content.type) {
    case 'string':
      return content.bytes.length;
    case 'list':
    case 'set':
      return content.items.length;
    case 'hash':
      return content.fields.length;
    case 'zset':
      return content.members.length;
    case 'stream':
      return content.entries.length;
  }
}

/** Bytes of all parts together, without any encoding around them. */
export function bytesIn(content: Content): number {
  let bytes = 0;
  for (const size of elementSizes(content)) bytes += size;
  return bytes;
}

/** Bytes of each element's parts, in order. */
export function* elementSizes(content: Content): Generator<number> {
  switch (content.type) {
    case 'string':
      yield content.bytes.length;
      return;
    case 'list':
    case 'set':
      for (const item of content.items) yield item.length;
      return;
    case 'hash':
      for (const pair of content.fields) yield pairSize(pair);
      return;
    case 'zset':
      for (const [member, score] of content.members) yield member.length + score.length;
      return;
    case 'stream':
      for (const [id, fields] of content.entries) yield fields.reduce((sum, pair) => sum + pairSize(pair), id.length);
  }
}

function pairSize([name, value]: Pair): number {
  return name.length + value.length;
}

/**
 * The same content in the one order in which documents show it: sets and hashes by bytes, sorted sets by score and
 * then by bytes. Order that means something (lists, streams) stays.
 */
export function inOrder(content: Content): Content {
  switch (content.type) {
    case 'set':
      return { type: 'set', items: sortedBy(content.items, compareBytes) };
    case 'hash':
      return { type: 'hash', fields: sortedBy(content.fields, (a, b) => compareBytes(a[0], b[0])) };
    case 'zset':
      return { type: 'zset', members: sortedBy(content.members, compareMembers) };
    default:
      return content;
  }
}

/** Large values pass here several times on their way, mostly in order already. */
function sortedBy<T>(items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  const sorted = items.every((item, i) => i === 0 || compare(items[i - 1] as T, item) <= 0);
  return sorted ? items : items.toSorted(compare);
}

function compareMembers(a: ScoredMember, b: ScoredMember): number {
  const [left, right] = [parseScore(a[1]) ?? 0, parseScore(b[1]) ?? 0];
  return left < right ? -1 : left > right ? 1 : compareBytes(a[0], b[0]);
}

/**
 * The value as the API gives it: a string as text when its bytes are UTF-8, else as bytes; collections as JSON arrays
 * (`types.ts` says which).
 */
export function valueOf(content: Content): unknown {
  return content.type === 'string' ? keyOf(content.bytes) : elementsOf(content);
}

/** The elements of a collection as JSON values, one per line of its document. */
export function elementsOf(content: Exclude<Content, { type: 'string' }>): unknown[] {
  const pair = ([name, value]: Pair): [JsonBytes, JsonBytes] => [jsonOfBytes(name), jsonOfBytes(value)];
  switch (content.type) {
    case 'list':
    case 'set':
      return content.items.map(jsonOfBytes);
    case 'hash':
      return content.fields.map(pair);
    case 'zset':
      return content.members.map(([member, score]) => [jsonOfBytes(member), score]);
    case 'stream':
      return content.entries.map(([id, fields]) => [id, fields.map(pair)]);
  }
}

/**
 * The content that a value of the API or of a document stands for. Rejects with VALIDATION_ERROR, whose
 * `details.path` names the element, whatever Redis could not hold exactly: numbers, duplicates, bad scores and ids.
 */
export function contentOf(type: ContentType, value: unknown): Content {
  if (type === 'string') return { type, bytes: bytesAt('value', value) };
  const elements = arrayAt('value', value);
  switch (type) {
    case 'list':
      return { type, items: elements.map((item, i) => bytesAt(`value[${i}]`, item)) };
    case 'set': {
      const items = elements.map((item, i) => bytesAt(`value[${i}]`, item));
      refuseDuplicates(items, 'member');
      return { type, items };
    }
    case 'hash': {
      const fields = elements.map((element, i) => pairAt(`value[${i}]`, element));
      refuseDuplicates(
        fields.map(([name]) => name),
        'field',
      );
      return { type, fields };
    }
    case 'zset': {
      const members = elements.map((element, i) => memberAt(`value[${i}]`, element));
      refuseDuplicates(
        members.map(([member]) => member),
        'member',
      );
      return { type, members };
    }
    case 'stream':
      return { type, entries: entriesOf(elements) };
  }
}

function arrayAt(path: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw validationFailure(path, `${path} must be a JSON array.`);
}

const loneSurrogate = /\p{Surrogate}/u;

function bytesAt(path: string, part: unknown): Bytes {
  if (part instanceof Uint8Array) return part;
  if (typeof part === 'string' && loneSurrogate.test(part)) {
    throw validationFailure(path, `${path} holds half of a surrogate pair, which no bytes stand for.`);
  }
  const bytes = bytesOfJson(part);
  if (bytes !== null) return bytes;
  const hint =
    typeof part === 'number' || typeof part === 'boolean'
      ? 'Put it in quotes: Redis keeps text, and a number could lose digits.'
      : 'Use text in quotes, or {"base64": "…"} for bytes that are not UTF-8.';
  throw validationFailure(path, `${path} is not text. ${hint}`);
}

function pairAt(path: string, element: unknown): Pair {
  const parts = arrayAt(path, element);
  if (parts.length !== 2) throw validationFailure(path, `${path} must be [field, value].`);
  return [bytesAt(`${path}[0]`, parts[0]), bytesAt(`${path}[1]`, parts[1])];
}

function memberAt(path: string, element: unknown): ScoredMember {
  const parts = arrayAt(path, element);
  if (parts.length !== 2) throw validationFailure(path, `${path} must be [member, "score"].`);
  const score = parts[1];
  if (typeof score !== 'string' || parseScore(score) === null) {
    throw validationFailure(
      `${path}[1]`,
      `${path}[1] is not a score. Use a number in quotes, for example "1.5", "inf" or "-inf".`,
    );
  }
  return [bytesAt(`${path}[0]`, parts[0]), score];
}

function entriesOf(elements: readonly unknown[]): StreamEntry[] {
  const entries: StreamEntry[] = [];
  for (const [i, element] of elements.entries()) {
    const path = `value[${i}]`;
    const parts = arrayAt(path, element);
    const id = parts[0];
    if (parts.length !== 2 || typeof id !== 'string' || !isStreamId(id)) {
      throw validationFailure(path, `${path} must be ["<milliseconds>-<sequence>", [[field, value], …]].`);
    }
    const last = entries.at(-1)?.[0];
    if (last !== undefined && compareStreamIds(id, last) <= 0) {
      throw validationFailure(`${path}[0]`, `${path}[0] must be greater than the id before it.`);
    }
    const fields = arrayAt(`${path}[1]`, parts[1]).map((field, j) => pairAt(`${path}[1][${j}]`, field));
    if (fields.length === 0) throw validationFailure(`${path}[1]`, `${path}[1] must have at least one field.`);
    entries.push([id, fields]);
  }
  return entries;
}

function refuseDuplicates(names: readonly Bytes[], what: string): void {
  const order = names.map((_, i) => i).sort((a, b) => compareBytes(names[a] ?? empty, names[b] ?? empty) || a - b);
  for (let i = 1; i < order.length; i++) {
    const [first = 0, second = 0] = [order[i - 1], order[i]];
    if (!sameBytes(names[first] ?? empty, names[second] ?? empty)) continue;
    const path = `value[${second}]`;
    throw validationFailure(path, `${path} repeats the ${what} of value[${first}]; Redis keeps each ${what} once.`);
  }
}

const empty = new Uint8Array(0);
