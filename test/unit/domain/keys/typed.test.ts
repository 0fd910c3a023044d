// What people type: names, durations, commands. And what they are shown: documents, replies.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { display } from '../../../../src/domain/display.ts';
import { documentOf } from '../../../../src/domain/keys/document.ts';
import { keyFromText } from '../../../../src/domain/keys/nameText.ts';
import { ttlFromText } from '../../../../src/domain/keys/ttlText.ts';
import { splitCommandLine } from '../../../../src/domain/redis/commandLine.ts';
import { toTextLines } from '../../../../src/domain/redis/replyText.ts';
import { bytesArb } from '../../../support/contents.ts';

describe('a typed name', () => {
  it('is the key that was shown, for any bytes', () => {
    fc.assert(
      fc.property(bytesArb, (key) => {
        assert.deepEqual(new Uint8Array(keyFromText(display(key))), new Uint8Array(key));
      }),
      { numRuns: 2000 },
    );
  });

  it('is taken letter by letter when nothing is shown that way', () => {
    for (const text of [String.raw`C:\path`, String.raw`\x41`, 'a b', 'schön', String.raw`\u{41}`]) {
      assert.deepEqual(keyFromText(text), utf8(text), text);
    }
    assert.deepEqual(keyFromText('(empty)'), utf8(''));
    assert.deepEqual(keyFromText(String.raw`\xff`), Uint8Array.of(0xff));
  });
});

describe('a typed TTL', () => {
  it('is understood as people write it', () => {
    const known: [string, number | null][] = [
      ['90', 90_000],
      ['500 ms', 500],
      ['1.5h', 5_400_000],
      ['2 h 30 min', 9_000_000],
      ['7D', 604_800_000],
      ['never', null],
    ];
    for (const [text, ms] of known) assert.equal(ttlFromText(text), ms, text);
  });

  it('is refused when it means nothing, or an expiry that is over', () => {
    for (const text of ['', '0', '-5', '0 s', '5 years', 'soon', '1e3', '__proto__', '5 constructor', '9'.repeat(30)]) {
      assert.equal(ttlFromText(text), undefined, text);
    }
  });
});

describe('a typed command', () => {
  it('is split as redis-cli does', () => {
    assert.deepEqual(splitCommandLine('  SET  a "b c" \'d e\' '), ['SET', 'a', 'b c', 'd e']);
    assert.deepEqual(splitCommandLine(String.raw`SET "\xff\xfe" "a\n\"b\\"`), [
      'SET',
      Uint8Array.of(0xff, 0xfe),
      'a\n"b\\',
    ]);
    assert.deepEqual(splitCommandLine(String.raw`GET 'it\'s'`), ['GET', "it's"]);
    assert.deepEqual(splitCommandLine('GET ""'), ['GET', '']);
    assert.deepEqual(splitCommandLine(''), []);
    assert.equal(splitCommandLine('GET "a'), null);
    assert.equal(splitCommandLine('GET "a"b'), null);
  });

  it('shows its reply numbered, nested and safe', () => {
    assert.deepEqual(toTextLines(['a', [1, null, []], new Uint8Array([0xff, 0x1b])]), [
      '1) "a"',
      '2) 1) (integer) 1',
      '   2) (nil)',
      '   3) (empty list)',
      String.raw`3) "\xff\u{1b}"`,
    ]);
    assert.deepEqual(toTextLines({ error: 'ERR \u001b]0;x' }), [String.raw`(error) ERR \u{1b}]0;x`]);
    assert.equal(toTextLines(Array.from({ length: 20_000 }, () => 'x')).length, 10_001);
  });
});

describe('a document', () => {
  const string = (text: string) => ({ type: 'string', bytes: utf8(text) }) as const;

  it('says why it cannot be edited', () => {
    const readOnly = (content: Parameters<typeof documentOf>[0]['content'], truncated: boolean, size: number) =>
      documentOf({ content, truncated, size }).readOnly;
    assert.equal(readOnly(string('abc'), false, 3), null);
    assert.match(readOnly(string('a\rb'), false, 3) ?? '', /^Not editable, because .*carriage return/);
    assert.match(readOnly(string('abc'), true, 5000) ?? '', /^Only the first 3 B of 4\.9 KB are shown/);
    assert.match(
      readOnly({ type: 'list', items: [utf8('a')] }, true, 1_000_000) ?? '',
      /first 1 of 1,000,000 elements/,
    );
    assert.match(readOnly({ type: 'string', bytes: Uint8Array.of(0xff) }, false, 1) ?? '', /in hex/);
  });

  it('has the language of its value', () => {
    const language = (text: string) =>
      documentOf({ content: string(text), truncated: false, size: text.length }).language;
    assert.deepEqual(['{"a":1}', '<a/>', 'plain'].map(language), ['json', 'xml', 'text']);
    assert.equal(documentOf({ content: { type: 'set', items: [] }, truncated: false, size: 0 }).language, 'collection');
  });
});
