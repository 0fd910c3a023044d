import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { inOrder, type Content } from '../../../../src/domain/keys/content.ts';
import { difference } from '../../../../src/domain/keys/difference.ts';
import { textOfContent } from '../../../../src/domain/keys/documentText.ts';
import { canonicalScore } from '../../../../src/domain/keys/score.ts';
import { applied, contentArbs } from '../../../support/contents.ts';

const key = utf8('k');
const list = (...items: string[]): Content => ({ type: 'list', items: items.map(utf8) });

function names(from: Content | null, to: Content): string[] {
  const result = difference(key, from, to);
  assert.equal(result.kind, 'commands');
  return result.kind === 'commands' ? result.commands.map(([name]) => name) : [];
}

/** Scores by their number: "1.50" that was "1.5" is not sent again. */
function comparable(content: Content): Content {
  const ordered = inOrder(content);
  if (ordered.type !== 'zset') return ordered;
  return inOrder({ type: 'zset', members: ordered.members.map(([member, score]) => [member, canonicalScore(score)]) });
}

describe('difference of two contents', () => {
  for (const type of ['string', 'list', 'set', 'hash', 'zset', 'stream'] as const) {
    it(`turns one ${type} into another, and the key never vanishes in between`, () => {
      fc.assert(
        fc.property(fc.option(contentArbs[type]), contentArbs[type], (from, to) => {
          const result = difference(key, from, to);
          if (result.kind === 'refused') {
            assert.equal(type, 'stream', result.reason);
            return;
          }
          const commands = result.kind === 'same' ? [] : result.commands;
          const after = commands.reduce<Content | null>(applied, from);
          assert.ok(after);
          assert.deepEqual(comparable(after), comparable(to));
        }),
        { numRuns: 1000 },
      );
    });
  }

  it('says same for the same value', () => {
    for (const arb of Object.values(contentArbs)) {
      fc.assert(
        fc.property(arb, (content) => {
          assert.equal(difference(key, content, content).kind, 'same');
        }),
      );
    }
  });

  it('touches only what differs', () => {
    const from: Content = {
      type: 'hash',
      fields: [
        [utf8('a'), utf8('1')],
        [utf8('b'), utf8('2')],
        [utf8('c'), utf8('3')],
      ],
    };
    const to: Content = {
      type: 'hash',
      fields: [
        [utf8('a'), utf8('1')],
        [utf8('b'), utf8('9')],
        [utf8('d'), utf8('4')],
      ],
    };
    const result = difference(key, from, to);
    assert.deepEqual(result, {
      kind: 'commands',
      commands: [
        ['HSET', key, utf8('b'), utf8('9'), utf8('d'), utf8('4')],
        ['HDEL', key, utf8('c')],
      ],
      summary: '1 added, 1 changed, 1 removed',
    });
  });

  it('grows and cuts a list at the end that needs less', () => {
    assert.deepEqual(names(list('a', 'b', 'c'), list('x', 'a', 'b', 'c')), ['LPUSH']);
    assert.deepEqual(names(list('a', 'b', 'c'), list('a', 'b', 'c', 'x')), ['RPUSH']);
    assert.deepEqual(names(list('a', 'b', 'c'), list('b', 'c')), ['LTRIM']);
    assert.deepEqual(names(list('a', 'b', 'c'), list('a', 'b')), ['LTRIM']);
    assert.deepEqual(names(list('a', 'b', 'c'), list('a', 'x', 'c')), ['LSET']);
  });

  it('keeps the TTL of a string', () => {
    const result = difference(key, { type: 'string', bytes: utf8('a') }, { type: 'string', bytes: utf8('b') });
    assert.deepEqual(result.kind === 'commands' && result.commands, [['SET', key, utf8('b'), 'KEEPTTL']]);
  });

  it('refuses what would make the key vanish or change its type', () => {
    assert.equal(difference(key, list('a'), { type: 'list', items: [] }).kind, 'refused');
    assert.equal(difference(key, null, { type: 'hash', fields: [] }).kind, 'refused');
    assert.equal(difference(key, list('a'), { type: 'set', items: [utf8('a')] }).kind, 'refused');
  });

  it('refuses what a stream cannot do', () => {
    const stream = (...entries: [string, string][]): Content => ({
      type: 'stream',
      entries: entries.map(([id, value]) => [id, [[utf8('f'), utf8(value)]]]),
    });
    const from = stream(['2-1', 'a'], ['3-1', 'b']);
    assert.equal(difference(key, from, stream(['2-1', 'x'], ['3-1', 'b'])).kind, 'refused');
    assert.equal(difference(key, from, stream(['1-1', 'x'], ['2-1', 'a'], ['3-1', 'b'])).kind, 'refused');
    assert.deepEqual(names(from, stream(['3-1', 'b'], ['4-1', 'c'])), ['XADD', 'XDEL']);
    const added = difference(key, from, stream(['2-1', 'a'], ['3-1', 'b'], ['3-2', 'c']), { lastStreamId: '9-0' });
    assert.equal(added.kind, 'refused');
    assert.deepEqual(textOfContent({ type: 'stream', entries: [] }), '[]\n');
  });

  it('sends long collections in commands of bounded length', () => {
    const items = Array.from({ length: 5000 }, (_, i) => utf8(String(i)));
    const result = difference(key, null, { type: 'set', items });
    assert.ok(result.kind === 'commands');
    assert.ok(result.commands.length > 1);
    assert.ok(result.commands.every((command) => command.length <= 2002));
  });
});
