import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { globLiteral, globMatches, matchesEverything, patternProblem } from '../../../../src/domain/redis/glob.ts';

const matches = (pattern: string, text: string): boolean => globMatches(utf8(pattern), utf8(text));

describe('glob', () => {
  it('matches as Redis does', () => {
    const rows: [string, string, boolean][] = [
      ['*', '', true],
      ['', '', true],
      ['**', '', false],
      ['', 'a', false],
      ['?', '', false],
      ['h?llo', 'hello', true],
      ['h[ae]llo', 'hallo', true],
      ['h[^e]llo', 'hello', false],
      ['h[!e]llo', 'hello', true],
      ['h[b-a]llo', 'hallo', true],
      ['[abc', 'a', true],
      ['[abc', 'd', false],
      ['a\\', 'a\\', true],
      ['\\*', '*', true],
      ['\\*', 'a', false],
      ['{a,b}', 'a', false],
      ['{a,b}', '{a,b}', true],
      ['a*b*c', 'aXbYbZc', true],
      ['a*b*c', 'aXbYbZ', false],
      ['[]', ']', false],
      ['[^]', 'a', true],
    ];
    for (const [pattern, text, expected] of rows) assert.equal(matches(pattern, text), expected, `${pattern} ${text}`);
  });

  it('needs no more than pattern × text steps, whatever the pattern', () => {
    const text = utf8('a'.repeat(4096));
    const pattern = utf8(`${'a*'.repeat(16)}b`);
    const started = performance.now();
    assert.equal(globMatches(pattern, text), false);
    assert.ok(performance.now() - started < 50);
  });

  it('refuses patterns that could keep a server busy', () => {
    assert.equal(patternProblem(utf8('user:*')), null);
    assert.match(patternProblem(utf8('a'.repeat(257)))?.message ?? '', /256 bytes/);
    assert.match(patternProblem(utf8('a*'.repeat(17)))?.message ?? '', /16 stars/);
    assert.equal(patternProblem(utf8('\\*'.repeat(100))), null);
    assert.equal(patternProblem(utf8('*'.repeat(100))), null);
    assert.match(patternProblem(utf8(`[${'a'.repeat(100)}]`))?.message ?? '', /64 members/);
    assert.equal(patternProblem(utf8('a*'.repeat(17)))?.details?.path, 'pattern');
  });

  it('escapes any bytes so that they match themselves and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (text, other) => {
        assert.ok(globMatches(globLiteral(text), text));
        if (Buffer.compare(text, other) !== 0) assert.ok(!globMatches(globLiteral(text), other));
      }),
    );
  });

  it('knows what matches everything', () => {
    assert.ok(matchesEverything(utf8('**')));
    assert.ok(!matchesEverything(utf8('')));
    assert.ok(!matchesEverything(utf8('a*')));
  });
});
