import assert from 'node:assert/strict';
import fc from 'fast-check';
import { display, displayShort, undisplay, withoutIcons } from '../../../src/domain/display.ts';

const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

describe('display', () => {
  const cases: [shown: string, bytes: Uint8Array | string][] = [
    ['cart:7', 'cart:7'],
    ['(empty)', ''],
    ['\\u{28}empty)', '(empty)'],
    ['\\xff\\xfe\\u{0}', Uint8Array.of(0xff, 0xfe, 0)],
    ['a\\nb\\tc\\rd', 'a\nb\tc\rd'],
    ['c:\\\\temp', 'c:\\temp'],
    ['\\u{202e}gpj.exe', '\u202Egpj.exe'],
    ['pay\\u{200b}pal', 'pay\u200Bpal'],
    ['x\\u{fe0f}', 'x\uFE0F'],
    ['\\u{1b}[2J', '\u001B[2J'],
    ['name\\u{20}', 'name '],
    ['a\\u{a0}b', 'a\u00A0b'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['__proto__', '__proto__'],
    ['日本語 🛒', '日本語 🛒'],
    ['\\xed\\xa0\\x80', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['\\xc0\\x80', Uint8Array.of(0xc0, 0x80)],
  ];
  for (const [shown, bytes] of cases) {
    it(`shows ${JSON.stringify(shown)}`, () => assert.equal(display(bytes), shown));
  }

  it('gives the bytes back, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        assert.deepEqual(Buffer.from(undisplay(display(bytes))), Buffer.from(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it('gives text back through the icon-proof form too', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constantFrom('', '$(zap)', '\\', '$(', ' '),
        (text, extra) => {
          const bytes = Buffer.from(extra + text + extra, 'utf8');
          assert.deepEqual(Buffer.from(undisplay(withoutIcons(display(bytes)))), bytes);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('lets no invisible or reordering character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        assert.doesNotMatch(display(text), forbidden);
        assert.doesNotMatch(displayShort(text, 10), forbidden);
      }),
      { numRuns: 5000 },
    );
  });

  it('breaks icons up', () => assert.equal(withoutIcons(display('$(zap) sale')), '$\\u{28}zap) sale'));

  it('cuts a long name, never inside an escape, and says how long it is', () => {
    assert.equal(displayShort('x'.repeat(200), 10), 'xxxxxxxxxx… (200 bytes)');
    assert.equal(displayShort(Uint8Array.of(0x41, 0xff, 0xff, 0xff), 7), 'A\\xff… (4 bytes)');
  });
});
