import { wholeCharacters, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display, displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import {
  bytesIn,
  elementSizes,
  inOrder,
  isContentType,
  sizeOf,
  type Content,
  type ContentType,
} from '../../domain/keys/content.ts';
import { shortened } from '../../domain/keys/shortened.ts';
import { nextStreamId } from '../../domain/keys/streamId.ts';
import type { RedisType } from '../../domain/keys/types.ts';
import { versionBytes } from '../../domain/keys/version.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { HeadReply } from '../ports/redis.ts';
import type { ActInTrips } from '../redis/gate.ts';
import type { KeysParts } from './parts.ts';
import {
  arrayReply,
  beginningOf,
  bytesReply,
  contentReply,
  numberReply,
  textReply,
  ttlReply,
  wholeValueCommand,
} from './replies.ts';

/** What is known about a key before its value is read. */
export interface KeyFacts {
  readonly type: RedisType;
  readonly ttlMs: number | null;
}

/** What was read of a key. */
export interface Reading extends KeyFacts {
  readonly type: ContentType;
  /** In the order of documents; of a truncated value, its beginning. */
  readonly content: Content;
  readonly truncated: boolean;
  /** The last element shown is the beginning of a larger one. */
  readonly lastIsCut: boolean;
  /** Elements in all (bytes of a string), read or not. */
  readonly size: number;
  /** The string's length, or what was read of a collection. */
  readonly bytes: number;
  /** SHA-256 of type and sorted content; empty when truncated. */
  readonly version: string;
}

/** Replies are cut beyond this many times the asked size: RESP and elements that are not shown take their part. */
const replyAllowance = 4;

/** Elements asked for at once. */
const maxStep = 2_000;

/** Type and TTL; null when there is no such key. Leaves no record: VS Code asks it of its own accord. */
export function factsOf(parts: KeysParts, uid: string, key: Bytes): Promise<KeyFacts | null> {
  const about = { action: 'keys.read', keyOrPattern: displayShort(key), record: false };
  return factsFrom((commands) => parts.gate.run(uid, { ...about, commands }), key);
}

async function factsFrom(
  ask: (commands: readonly RedisCommand[]) => Promise<readonly RedisReply[]>,
  key: Bytes,
): Promise<KeyFacts | null> {
  const [type, ttl] = await ask([
    ['TYPE', key],
    ['PTTL', key],
  ]);
  const name = textReply(type);
  return name === 'none' ? null : { type: name, ttlMs: ttlReply(ttl) };
}

/**
 * Reads a value, at most about `maxBytes` of it: sizes are asked first, large strings are read by range and large
 * collections page by page, so that neither side ever holds the whole of a huge value. Null when there is no such key.
 * Rejects with NOT_SUPPORTED for types of modules.
 */
export function readKey(
  parts: KeysParts,
  definition: ConnectionDefinition,
  key: Bytes,
  maxBytes: number,
): Promise<Reading | null> {
  const about = { action: 'keys.read', keyOrPattern: displayShort(key) };
  return parts.gate.inTrips(definition.uid, about, (act) => readIn(act, parts, key, maxBytes));
}

async function readIn(
  act: ActInTrips,
  parts: Pick<KeysParts, 'digest'>,
  key: Bytes,
  maxBytes: number,
): Promise<Reading | null> {
  const facts = await factsFrom((commands) => act.run({ commands }), key);
  if (facts === null) return null;
  if (!isContentType(facts.type)) throw moduleType(facts.type);
  const read = new BoundedRead(act, key, maxBytes);
  const part = facts.type === 'string' ? await read.string() : await read.collection(facts.type);
  if (part === null) return null;
  const content = inOrder(part.content);
  const bytes = content.type === 'string' ? part.size : bytesIn(content);
  const version = part.truncated ? '' : versionOf(parts, content);
  return { ...part, type: facts.type, ttlMs: facts.ttlMs, content, bytes, version };
}

export function versionOf(parts: Pick<KeysParts, 'digest'>, content: Content): string {
  return parts.digest.sha256(versionBytes(content));
}

export function moduleType(type: string): Failure {
  const name = display(type);
  return new Failure(
    'NOT_SUPPORTED',
    `The key holds a ${name}, a type that a Redis module brings. Its value cannot be shown or edited here; it can be renamed, deleted and restored.`,
    { details: { type: name }, nextAction: 'Use “Run Redis Command…” with a command of the module.' },
  );
}

interface Part {
  readonly content: Content;
  readonly size: number;
  readonly truncated: boolean;
  readonly lastIsCut: boolean;
}

class BoundedRead {
  readonly #act: ActInTrips;
  readonly #key: Bytes;
  readonly #maxBytes: number;

  constructor(act: ActInTrips, key: Bytes, maxBytes: number) {
    this.#act = act;
    this.#key = key;
    this.#maxBytes = maxBytes;
  }

  async string(): Promise<Part> {
    const [length, head] = await this.#run([
      ['STRLEN', this.#key],
      ['GETRANGE', this.#key, '0', String(Math.max(0, this.#maxBytes - 1))],
    ]);
    const size = numberReply(length);
    const read = bytesReply(head);
    const truncated = size > this.#maxBytes;
    const bytes = truncated ? wholeCharacters(read.subarray(0, this.#maxBytes)) : read;
    return { content: { type: 'string', bytes }, size, truncated, lastIsCut: false };
  }

  async collection(type: Exclude<ContentType, 'string'>): Promise<Part | null> {
    const size = numberReply((await this.#run([[lengthCommands[type], this.#key]]))[0]);
    if (size === 0 && type !== 'stream') return null;
    const memory = await this.#memory();
    const small = memory === null ? size <= 100 : memory <= 4 * this.#maxBytes;
    if (small) {
      // Still cut where it is too much: what MEMORY says of a collection is guessed from a few of its elements.
      const whole = await this.#head(wholeValueCommand(type, this.#key));
      const content = whole.cut ? beginningOf(type, whole.reply) : contentReply(type, whole.reply);
      return cut({ content, size, truncated: whole.cut, lastIsCut: whole.cut }, this.#maxBytes);
    }
    const perElement = memory === null ? 100 : Math.max(1, memory / Math.max(1, size));
    const step = Math.min(maxStep, Math.max(1, Math.floor(this.#maxBytes / 4 / perElement)));
    return cut(await this.#pages(type, size, step), this.#maxBytes);
  }

  async #pages(type: Exclude<ContentType, 'string'>, size: number, step: number): Promise<Part> {
    const pages = type === 'hash' || type === 'set' ? this.#scanned(type, step) : this.#windows(type, step);
    const read: Content[] = [];
    let bytes = 0;
    for await (const { content, lastIsCut } of pages) {
      read.push(content);
      bytes += bytesIn(content);
      if (lastIsCut || bytes > this.#maxBytes) {
        return { content: joined(type, read), size, truncated: true, lastIsCut };
      }
    }
    return { content: joined(type, read), size, truncated: false, lastIsCut: false };
  }

  /** Unordered types by HSCAN and SSCAN; elements that these repeat are left out. */
  async *#scanned(type: 'hash' | 'set', step: number): AsyncGenerator<Page> {
    const seen = new Set<string>();
    const isNew = (bytes: Bytes) => seen.size !== seen.add(latin1(bytes)).size;
    let cursor = '0';
    do {
      const name = type === 'hash' ? 'HSCAN' : 'SSCAN';
      const head = await this.#head([name, this.#key, cursor, 'COUNT', String(step)]);
      const [next, page = []] = arrayReply(head.reply);
      cursor = textReply(next);
      const content = head.cut ? beginningOf(type, page) : contentReply(type, page);
      yield { content: onlyNew(content, isNew), lastIsCut: head.cut };
    } while (cursor !== '0');
  }

  /** Ordered types by index or id. */
  async *#windows(type: 'list' | 'zset' | 'stream', step: number): AsyncGenerator<Page> {
    let from = 0;
    let last: Content | undefined;
    for (;;) {
      const command = windowCommand(type, this.#key, from, last, step);
      if (command === null) return;
      const head = await this.#head(command);
      last = head.cut ? beginningOf(type, head.reply) : contentReply(type, head.reply);
      const count = sizeOf(last);
      from += count;
      yield { content: last, lastIsCut: head.cut };
      if (count < step) return;
    }
  }

  async #memory(): Promise<number | null> {
    const [reply] = await this.#act.run({
      commands: [['MEMORY', 'USAGE', this.#key]],
      tolerateErrorReplies: true,
    });
    return typeof reply === 'number' ? reply : null;
  }

  #run(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]> {
    return this.#act.run({ commands, maxReplyBytes: this.#allowance() });
  }

  /** A part of the value: one element of it may be larger than all that is wanted. */
  #head(command: RedisCommand): Promise<HeadReply> {
    return this.#act.head({ key: this.#key, command, maxReplyBytes: this.#allowance() });
  }

  #allowance(): number {
    return replyAllowance * this.#maxBytes + (64 << 10);
  }
}

/** A page of a collection; the last element may be the beginning of a larger one. */
interface Page {
  readonly content: Content;
  readonly lastIsCut: boolean;
}

/** Unordered types only: elements that were not seen before. */
function onlyNew(content: Content, isNew: (name: Bytes) => boolean): Content {
  if (content.type === 'hash') return { ...content, fields: content.fields.filter(([field]) => isNew(field)) };
  return content.type === 'set' ? { ...content, items: content.items.filter(isNew) } : content;
}

const lengthCommands = { list: 'LLEN', set: 'SCARD', hash: 'HLEN', zset: 'ZCARD', stream: 'XLEN' } as const;

function joined(type: Exclude<ContentType, 'string'>, parts: readonly Content[]): Content {
  switch (type) {
    case 'list':
    case 'set':
      return { type, items: parts.flatMap((part) => (part.type === type ? part.items : [])) };
    case 'hash':
      return { type, fields: parts.flatMap((part) => (part.type === type ? part.fields : [])) };
    case 'zset':
      return { type, members: parts.flatMap((part) => (part.type === type ? part.members : [])) };
    case 'stream':
      return { type, entries: parts.flatMap((part) => (part.type === type ? part.entries : [])) };
  }
}

function windowCommand(
  type: 'list' | 'zset' | 'stream',
  key: Bytes,
  from: number,
  last: Content | undefined,
  step: number,
): RedisCommand | null {
  const to = String(from + step - 1);
  if (type === 'list') return ['LRANGE', key, String(from), to];
  if (type === 'zset') return ['ZRANGE', key, String(from), to, 'WITHSCORES'];
  const lastId = last?.type === 'stream' ? last.entries.at(-1)?.[0] : undefined;
  const start = lastId === undefined ? '-' : nextStreamId(lastId);
  return start === null ? null : ['XRANGE', key, start, '+', 'COUNT', String(step)];
}

/** At most `maxBytes` of a collection: whole elements, or the beginning of the first. */
function cut(part: Part, maxBytes: number): Part {
  let bytes = 0;
  let count = 0;
  for (const size of elementSizes(part.content)) {
    bytes += size;
    if (bytes > maxBytes) break;
    count++;
  }
  if (bytes <= maxBytes) return part;
  const content = count > 0 ? firstOf(part.content, count) : shortened(firstOf(part.content, 1), maxBytes);
  return { ...part, content, truncated: true, lastIsCut: count === 0 };
}

function firstOf(content: Content, count: number): Content {
  switch (content.type) {
    case 'string':
      return content;
    case 'list':
    case 'set':
      return { ...content, items: content.items.slice(0, count) };
    case 'hash':
      return { ...content, fields: content.fields.slice(0, count) };
    case 'zset':
      return { ...content, members: content.members.slice(0, count) };
    case 'stream':
      return { ...content, entries: content.entries.slice(0, count) };
  }
}

/** One character per byte: a name for a Set. */
function latin1(bytes: Bytes): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
