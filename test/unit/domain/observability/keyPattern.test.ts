import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { keyPattern, plainKeyPattern } from '../../../../src/domain/observability/keyPattern.ts';

/** Key → pattern. A change here changes what people's history is grouped by: think twice. */
const golden: readonly (readonly [key: string, pattern: string])[] = [
  ['cart:42', 'cart:*'],
  ['cart:-42', 'cart:*'],
  ['cart:042:items', 'cart:*:items'],
  ['a:1:b:2', 'a:*:b:*'],
  ['user:3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'user:*'],
  ['user:3F2504E0-4F89-11D3-9A0C-0305E82C3301:name', 'user:*:name'],
  ['order/01ARZ3NDEKTSV4RRFFQ69G5FAV/lines', 'order/*/lines'],
  ['order/81ARZ3NDEKTSV4RRFFQ69G5FAV', 'order/*'], // no ULID, but base64-like
  ['blob|d41d8cd98f00b204e9800998ecf8427e', 'blob|*'],
  ['blob|0xdeadbeef12', 'blob|*'],
  ['blob|dead123', 'blob|dead123'], // seven digits
  ['word:deadbeef', 'word:deadbeef'], // no decimal digit: a word
  ['stats:2026-11-22', 'stats:*'],
  ['stats:2026-11', 'stats:*'],
  ['stats:2026-W47', 'stats:*'],
  ['stats:20261122', 'stats:*'],
  ['stats:2026-11-22T10:15:00Z:total', 'stats:*:total'],
  ['stats:2026-11-22T10:15:00.123+02:00', 'stats:*'],
  ['stats.2026.11.22', 'stats.*.*.*'],
  ['session:kJ8s2Lq9ZxV4bN7mTw3c', 'session:*'],
  ['session:dGhpcyBpcyBhIHRva2Vu==', 'session:*'],
  ['session:k3j4h5k6j7h8g9f0', 'session:*'],
  ['session_information_cache', 'session_information_cache'],
  ['UserProfileSettingsCache', 'UserProfileSettingsCache'],
  ['short:kJ8s2Lq9', 'short:kJ8s2Lq9'],
  ['{user:42}:cart', '{user:*}:cart'],
  ['{42}:cart', '{*}:cart'],
  ['{order}.7', '{order}.*'],
  ['{}:42', '{}:*'], // an empty tag is no tag
  ['a{b', 'a{b'],
  ['json:{"a":1}', 'json:{"a":1}'.replace('1', '*')],
  ['', '(empty)'],
  [':', ':'],
  ['a::b', 'a::b'],
  ['*', '*'],
  ['cart:*', 'cart:*'],
  ['10.0.0.1:6379', '*.*.*.*:*'],
  ['product', 'product'],
  ['café:7', 'café:*'],
  ['evil\u202etxt:7', 'evil\\u{202e}txt:*'],
  ['<img onerror=alert(1)>:1', '<img onerror=alert(1)>:*'],
  ['__proto__:1', '__proto__:*'],
  ['line\nbreak:5', 'line\\nbreak:*'],
];

describe('domain/observability/keyPattern', () => {
  for (const [key, pattern] of golden) {
    it(`${JSON.stringify(key)} → ${JSON.stringify(pattern)}`, () => {
      assert.deepEqual(keyPattern(key), { pattern, binary: false });
      assert.deepEqual(keyPattern(utf8(key)), { pattern, binary: false });
    });
  }

  it('shows bytes that are not UTF-8 escaped, and says so', () => {
    assert.deepEqual(keyPattern(Uint8Array.of(0xff, 0xfe, 0x00)), { pattern: '\\xff\\xfe\\u{0}', binary: true });
    const mixed = Uint8Array.of(...utf8('img:'), 0xff, ...utf8(':42'));
    assert.deepEqual(keyPattern(mixed), { pattern: 'img:\\xff:*', binary: true });
  });

  it('takes eight and more bytes that are not UTF-8 for an id', () => {
    const id = Uint8Array.of(...utf8('sess:'), 0xff, 1, 2, 3, 4, 5, 6, 7, 8);
    assert.deepEqual(keyPattern(id), { pattern: 'sess:*', binary: true });
  });

  it('cuts a monstrous name without calling it binary', () => {
    const result = keyPattern(`x${'é'.repeat(1_000_000)}`);
    assert.equal(result.binary, false);
    assert.ok(result.pattern.length <= 1100);
  });

  it('has a fast way for plain keys that says the same', () => {
    assert.equal(plainKeyPattern('user:42:profile'), 'user:*:profile');
    assert.equal(plainKeyPattern('user-42'), undefined);
    const part = fc.constantFrom(
      'user',
      '42',
      'deadbeef',
      'abcdefabcdef',
      '',
      '0',
      'x9',
      ':',
      '/',
      '|',
      '.',
      '_',
      '-',
      'A',
      'é',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const key = parts.join('');
        const fast = plainKeyPattern(key);
        if (fast !== undefined) assert.equal(fast, keyPattern(key).pattern);
      }),
    );
  });

  it('is total, and a pattern of a pattern is itself for text without instants', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        assert.equal(typeof keyPattern(bytes).pattern, 'string');
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '42', ':', '{', '}', '.', 'x9'), { maxLength: 12 }), (parts) => {
        const once = keyPattern(parts.join('')).pattern;
        if (once !== '(empty)') assert.equal(keyPattern(once).pattern, once);
      }),
    );
  });
});
