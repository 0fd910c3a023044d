// Arbitrary values of every type, and a small model of what Redis does with the commands that change them.
import fc from 'fast-check';
import { sameBytes, toBase64, utf8, type Bytes } from '../../src/domain/bytes.ts';
import type { Content, Pair, ScoredMember, StreamEntry } from '../../src/domain/keys/content.ts';
import { compareStreamIds } from '../../src/domain/keys/streamId.ts';
import type { RedisArgument, RedisCommand } from '../../src/domain/redis/command.ts';

const hostile = [
  '',
  '__proto__',
  'constructor',
  '<img onerror>',
  'שלום',
  '\ufeffbom',
  '$(zap)',
  'a\r\nb',
  '9007199254740993',
];

/** Bytes of every kind, often text, often the same few, sometimes hostile. */
export const bytesArb: fc.Arbitrary<Bytes> = fc.oneof(
  fc.constantFrom(...['a', 'b', 'c', 'd', ...hostile].map(utf8)),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(utf8),
  fc.uint8Array({ maxLength: 12 }),
);

const uniqueBytes = (minLength: number) =>
  fc.uniqueArray(bytesArb, { minLength, maxLength: 12, comparator: (a, b) => sameBytes(a, b) });

export const scoreArb = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('inf', '-inf', '1.50', '1.5', '0', '12345678901234567'),
);

const pairsArb = (minLength: number): fc.Arbitrary<Pair[]> =>
  uniqueBytes(minLength).chain((names) =>
    fc.tuple(...names.map(() => bytesArb)).map((values) => names.map((name, i): Pair => [name, values[i] ?? utf8('')])),
  );

const membersArb: fc.Arbitrary<ScoredMember[]> = uniqueBytes(1).chain((names) =>
  fc
    .tuple(...names.map(() => scoreArb))
    .map((scores) => names.map((name, i): ScoredMember => [name, scores[i] ?? '0'])),
);

export const entriesArb: fc.Arbitrary<StreamEntry[]> = fc
  .uniqueArray(fc.tuple(fc.bigInt(0n, 5n), fc.bigInt(1n, 4n)), {
    minLength: 1,
    maxLength: 6,
    selector: ([ms, seq]) => `${ms}-${seq}`,
  })
  .chain((ids) =>
    fc
      .tuple(...ids.map(() => pairsArb(1)))
      .map((fields) =>
        ids
          .map(([ms, seq], i): StreamEntry => [`${ms}-${seq}`, fields[i] ?? []])
          .sort((a, b) => compareStreamIds(a[0], b[0])),
      ),
  );

/** Content of one type, never an empty collection. */
export const contentArbs: { readonly [T in Content['type']]: fc.Arbitrary<Content> } = {
  string: bytesArb.map((bytes) => ({ type: 'string', bytes })),
  list: fc.array(bytesArb, { minLength: 1, maxLength: 12 }).map((items) => ({ type: 'list', items })),
  set: uniqueBytes(1).map((items) => ({ type: 'set', items })),
  hash: pairsArb(1).map((fields) => ({ type: 'hash', fields })),
  zset: membersArb.map((members) => ({ type: 'zset', members })),
  stream: entriesArb.map((entries) => ({ type: 'stream', entries })),
};

export const contentArb: fc.Arbitrary<Content> = fc.oneof(...Object.values(contentArbs));

const bytesOf = (argument: RedisArgument | undefined): Bytes =>
  typeof argument === 'string' ? utf8(argument) : (argument ?? utf8(''));
const textOf = (argument: RedisArgument | undefined): string => Buffer.from(bytesOf(argument)).toString();

/** What a key holds after a command, by Redis's documentation. Throws when it vanished in between: its TTL would be lost. */
export function applied(content: Content | null, command: RedisCommand): Content {
  const [name, , ...args] = command;
  const after = step(content, name, args);
  const size =
    after.type === 'string'
      ? 1
      : after.type === 'stream'
        ? 1
        : after.type === 'hash'
          ? after.fields.length
          : after.type === 'zset'
            ? after.members.length
            : after.items.length;
  if (size === 0) throw new Error(`the key vanished at ${name}`);
  return after;
}

function step(content: Content | null, name: string, args: readonly RedisArgument[]): Content {
  switch (name) {
    case 'SET':
      return { type: 'string', bytes: bytesOf(args[0]) };
    case 'RPUSH':
      return { type: 'list', items: [...itemsOf(content), ...args.map(bytesOf)] };
    case 'LPUSH':
      return { type: 'list', items: [...args.map(bytesOf).reverse(), ...itemsOf(content)] };
    case 'LSET': {
      const index = Number(textOf(args[0]));
      if (index >= itemsOf(content).length) throw new Error('ERR index out of range');
      return { type: 'list', items: itemsOf(content).with(index, bytesOf(args[1])) };
    }
    case 'LTRIM': {
      const [start, stop] = [Number(textOf(args[0])), Number(textOf(args[1]))];
      return { type: 'list', items: itemsOf(content).slice(start, stop === -1 ? undefined : stop + 1) };
    }
    case 'SADD':
      return {
        type: 'set',
        items: [...byName([...itemsOf(content), ...args.map(bytesOf)].map((b) => [b, b])).values()].map(([b]) => b),
      };
    case 'SREM': {
      const gone = new Set(args.map((argument) => toBase64(bytesOf(argument))));
      return { type: 'set', items: itemsOf(content).filter((item) => !gone.has(toBase64(item))) };
    }
    case 'HSET':
      return {
        type: 'hash',
        fields: [
          ...byName([...fieldsOf(content), ...couples(args).map(([n, v]): Pair => [bytesOf(n), bytesOf(v)])]).values(),
        ],
      };
    case 'HDEL': {
      const gone = new Set(args.map((argument) => toBase64(bytesOf(argument))));
      return { type: 'hash', fields: fieldsOf(content).filter(([field]) => !gone.has(toBase64(field))) };
    }
    case 'ZADD':
      return {
        type: 'zset',
        members: [
          ...byName([
            ...membersOf(content),
            ...couples(args).map(([s, m]): ScoredMember => [bytesOf(m), textOf(s)]),
          ]).values(),
        ],
      };
    case 'ZREM': {
      const gone = new Set(args.map((argument) => toBase64(bytesOf(argument))));
      return { type: 'zset', members: membersOf(content).filter(([member]) => !gone.has(toBase64(member))) };
    }
    case 'XADD': {
      const fields = couples(args.slice(1)).map(([n, v]): Pair => [bytesOf(n), bytesOf(v)]);
      const last = entriesOf(content).at(-1)?.[0] ?? '0-0';
      if (compareStreamIds(textOf(args[0]), last) <= 0) throw new Error('ERR id is equal or smaller');
      return { type: 'stream', entries: [...entriesOf(content), [textOf(args[0]), fields]] };
    }
    case 'XDEL': {
      const gone = new Set(args.map(textOf));
      return { type: 'stream', entries: entriesOf(content).filter(([id]) => !gone.has(id)) };
    }
    default:
      throw new Error(`unexpected command ${name}`);
  }
}

const itemsOf = (content: Content | null) => (content?.type === 'list' || content?.type === 'set' ? content.items : []);
const fieldsOf = (content: Content | null) => (content?.type === 'hash' ? content.fields : []);
const membersOf = (content: Content | null) => (content?.type === 'zset' ? content.members : []);
const entriesOf = (content: Content | null) => (content?.type === 'stream' ? content.entries : []);

function byName<T extends readonly [Bytes, ...unknown[]]>(elements: readonly T[]): Map<string, T> {
  return new Map(elements.map((element) => [toBase64(element[0]), element]));
}

function couples(args: readonly RedisArgument[]): [RedisArgument | undefined, RedisArgument | undefined][] {
  return Array.from({ length: args.length / 2 }, (_, i) => [args[2 * i], args[2 * i + 1]]);
}
