import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { contentOf, inOrder, valueOf, type Content } from '../../../../src/domain/keys/content.ts';
import { contentOfText, textOfContent } from '../../../../src/domain/keys/documentText.ts';
import { versionBytes } from '../../../../src/domain/keys/version.ts';
import { isFailure } from '../../../../src/domain/failure.ts';
import { contentArb } from '../../../support/contents.ts';

const shuffled = <T>(items: readonly T[]): T[] => items.toSorted(() => Math.random() - 0.5);

function disordered(content: Content): Content {
  if (content.type === 'set') return { ...content, items: shuffled(content.items) };
  if (content.type === 'hash') return { ...content, fields: shuffled(content.fields) };
  return content.type === 'zset' ? { ...content, members: shuffled(content.members) } : content;
}

function versionOf(content: Content): string {
  const hash = createHash('sha256');
  for (const part of versionBytes(content)) hash.update(part);
  return hash.digest('hex');
}

function refusal(type: Content['type'], value: unknown): { path: unknown; message: string } {
  try {
    contentOf(type, value);
  } catch (error) {
    assert.ok(isFailure(error, 'VALIDATION_ERROR'), String(error));
    return { path: error.details?.path, message: error.message };
  }
  throw new assert.AssertionError({ message: `${type} took ${JSON.stringify(value)}` });
}

describe('content of a key', () => {
  it('survives its document text, byte by byte', () => {
    fc.assert(
      fc.property(contentArb, (content) => {
        const text = textOfContent(content);
        if (content.type === 'string') {
          if (text !== null) assert.deepEqual(utf8(text), new Uint8Array(content.bytes));
          return;
        }
        assert.ok(text !== null);
        assert.deepEqual(contentOfText(content.type, text), inOrder(content));
      }),
      { numRuns: 1000 },
    );
  });

  it('survives as a value of the API, also through JSON', () => {
    fc.assert(
      fc.property(contentArb, (content) => {
        assert.deepEqual(inOrder(contentOf(content.type, valueOf(content))), inOrder(content));
        if (content.type === 'string') return;
        assert.deepEqual(contentOf(content.type, JSON.parse(JSON.stringify(valueOf(content)))), content);
      }),
      { numRuns: 1000 },
    );
  });

  it('has one text per value, whatever order the server gives unordered types in', () => {
    fc.assert(
      fc.property(contentArb, (content) => {
        assert.equal(textOfContent(disordered(content)), textOfContent(content));
        assert.equal(versionOf(disordered(content)), versionOf(content));
      }),
    );
  });

  it('has different versions for different values', () => {
    fc.assert(
      fc.property(contentArb, contentArb, (a, b) => {
        if (
          textOfContent(a) !== null &&
          a.type === b.type &&
          textOfContent(a) !== textOfContent(b) &&
          a.type !== 'zset'
        ) {
          assert.notEqual(versionOf(a), versionOf(b));
        }
        if (a.type !== b.type) assert.notEqual(versionOf(a), versionOf(b));
      }),
    );
  });

  it('keeps the version when a score is only written differently', () => {
    const scored = (score: string): Content => ({ type: 'zset', members: [[utf8('m'), score]] });
    assert.equal(versionOf(scored('1.50')), versionOf(scored('1.5')));
    assert.equal(versionOf(scored('inf')), versionOf(scored('+Infinity')));
    assert.notEqual(versionOf(scored('9007199254740992')), versionOf(scored('9007199254740994')));
  });

  it('puts one element on a line and hides no character', () => {
    const text = textOfContent({
      type: 'hash',
      fields: [
        [utf8('rtl\u202e'), utf8('a\u2028b\ufeff')],
        [Uint8Array.of(0xff, 0xfe, 0), utf8('12345678901234567890')],
        [utf8('__proto__'), utf8('{"a":1}')],
      ],
    });
    assert.equal(
      text,
      [
        '[',
        String.raw`  ["__proto__", "{\"a\":1}"],`,
        String.raw`  ["rtl\u202e", "a\u2028b\ufeff"],`,
        '  [{"base64":"//4A"}, "12345678901234567890"]',
        ']',
        '',
      ].join('\n'),
    );
  });

  it('refuses, with its place, what Redis could not hold exactly', () => {
    assert.equal(refusal('list', [1]).path, 'value[0]');
    assert.match(refusal('list', ['a', 9007199254740991]).message, /quotes/);
    assert.equal(refusal('list', 'text').path, 'value');
    assert.equal(refusal('hash', { a: 'b' }).path, 'value');
    assert.equal(
      refusal('hash', [
        ['a', 'b'],
        ['a', 'c'],
      ]).path,
      'value[1]',
    );
    assert.equal(refusal('hash', [['a', 'b', 'c']]).path, 'value[0]');
    assert.equal(refusal('set', ['a', 'b', 'a']).path, 'value[2]');
    assert.equal(refusal('zset', [['m', 'nan']]).path, 'value[0][1]');
    assert.equal(refusal('zset', [['m', 1]]).path, 'value[0][1]');
    assert.equal(refusal('stream', [['5', [['f', 'v']]]]).path, 'value[0]');
    assert.equal(refusal('stream', [['0-0', [['f', 'v']]]]).path, 'value[0]');
    assert.equal(
      refusal('stream', [
        ['2-1', [['f', 'v']]],
        ['1-1', [['f', 'v']]],
      ]).path,
      'value[1][0]',
    );
    assert.equal(refusal('stream', [['1-1', []]]).path, 'value[0][1]');
    assert.equal(refusal('string', '\ud800').path, 'value');
    assert.equal(refusal('list', [{ base64: '*' }]).path, 'value[0]');
    assert.equal(refusal('list', [JSON.parse('{"__proto__": "YQ=="}')]).path, 'value[0]');
    assert.equal(refusal('list', [JSON.parse('{"base64": "YQ==", "x": 1}')]).path, 'value[0]');
  });

  it('names the line of a JSON error and quotes nothing of the document', () => {
    assert.throws(
      () => contentOfText('list', '[\n  "secret",\n  oops\n]\n'),
      (error) =>
        isFailure(error, 'VALIDATION_ERROR') && /line 3/.test(error.message) && !/oops|secret/.test(error.message),
    );
  });

  it('leaves the prototypes alone', () => {
    contentOfText('hash', '[["__proto__", "x"], ["constructor", {"base64": "YQ=="}]]');
    assert.equal(Reflect.get({}, 'x'), undefined);
    assert.deepEqual(Object.keys(Object.prototype), []);
  });
});
