import { utf8, type Bytes } from '../bytes.ts';
import { inOrder, type Content, type Pair } from './content.ts';
import { canonicalScore } from './score.ts';

/**
 * The bytes whose SHA-256 is a value's version: its type, then every part with its length before it, unordered
 * types sorted. Two values have the same bytes exactly when they are the same value; `DUMP` would differ between reads.
 */
export function* versionBytes(content: Content): Generator<Bytes> {
  yield utf8(`${content.type}\n`);
  const ordered = inOrder(content);
  switch (ordered.type) {
    case 'string':
      yield ordered.bytes;
      return;
    case 'list':
    case 'set':
      for (const item of ordered.items) yield* part(item);
      return;
    case 'hash':
      yield* pairs(ordered.fields);
      return;
    case 'zset':
      for (const [member, score] of ordered.members) {
        yield* part(member);
        yield* part(utf8(canonicalScore(score)));
      }
      return;
    case 'stream':
      for (const [id, fields] of ordered.entries) {
        yield utf8(`${id} ${fields.length}\n`);
        yield* pairs(fields);
      }
  }
}

function* pairs(fields: readonly Pair[]): Generator<Bytes> {
  for (const [name, value] of fields) {
    yield* part(name);
    yield* part(value);
  }
}

function* part(bytes: Bytes): Generator<Bytes> {
  yield utf8(`${bytes.length}:`);
  yield bytes;
}
