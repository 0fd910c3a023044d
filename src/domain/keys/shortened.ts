import { wholeCharacters, type Bytes } from '../bytes.ts';
import type { Content, Pair } from './content.ts';

/** The same content with every part of an element, and all parts of an entry together, cut to `maxBytes`. */
export function shortened(content: Content, maxBytes: number): Content {
  const short = (bytes: Bytes): Bytes =>
    bytes.length <= maxBytes ? bytes : wholeCharacters(bytes.subarray(0, Math.max(0, maxBytes)));
  const shortPair = ([name, value]: Pair): Pair => [short(name), short(value)];
  switch (content.type) {
    case 'string':
      return { ...content, bytes: short(content.bytes) };
    case 'list':
    case 'set':
      return { ...content, items: content.items.map(short) };
    case 'hash':
      return { ...content, fields: content.fields.map(shortPair) };
    case 'zset':
      return { ...content, members: content.members.map(([member, score]) => [short(member), score]) };
    case 'stream':
      return {
        ...content,
        entries: content.entries.map(([id, fields]) => [id, firstPairs(fields, maxBytes).map(shortPair)]),
      };
  }
}

/** Pairs as long as they fit, and the one that does not fit any more. */
function firstPairs(pairs: readonly Pair[], maxBytes: number): readonly Pair[] {
  let bytes = 0;
  const over = pairs.findIndex(([name, value]) => (bytes += name.length + value.length) > maxBytes);
  return over < 0 ? pairs : pairs.slice(0, over + 1);
}
