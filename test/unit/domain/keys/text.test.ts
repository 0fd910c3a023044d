import assert from 'node:assert/strict';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { hexDump } from '../../../../src/domain/keys/hexDump.ts';
import { textForm } from '../../../../src/domain/keys/roundTrip.ts';
import { compareStreamIds, isStreamId, nextStreamId } from '../../../../src/domain/keys/streamId.ts';
import { valueLanguage } from '../../../../src/domain/keys/valueLanguage.ts';

describe('text form of a string value', () => {
  it('is editable when an editor gives the same bytes back', () => {
    for (const text of ['', 'a', 'a\nb\n', 'a\r\nb\r\n', '\u0001', 'שלום', '  spaces  ', 'a\ufeffb']) {
      assert.equal(textForm(utf8(text)).kind, 'editable', JSON.stringify(text));
    }
  });

  it('is read-only, with the reason, when an editor would change bytes', () => {
    const reasons: [string, RegExp][] = [
      ['a\rb', /carriage return/],
      ['a\r\r\n', /carriage return/],
      ['a\r\nb\nc', /mixes line ends/],
      ['\ufeffa', /byte order mark/],
      ['a\u2028b', /separators/],
    ];
    for (const [text, reason] of reasons) {
      const form = textForm(utf8(text));
      assert.ok(form.kind === 'readOnly', JSON.stringify(text));
      assert.match(form.reason, reason);
    }
  });

  it('is hex when there is no text', () => {
    assert.equal(textForm(Uint8Array.of(0xff, 0xfe)).kind, 'hex');
    assert.equal(textForm(utf8('a\0b')).kind, 'hex');
    assert.equal(
      hexDump(Uint8Array.from([...utf8('Hi'), 0, 0xff, ...utf8('0123456789abcdef')])),
      [
        '00000000  48 69 00 ff 30 31 32 33  34 35 36 37 38 39 61 62  Hi..0123456789ab\n',
        `00000010  63 64 65 66${' '.repeat(12)}  ${' '.repeat(23)}  cdef\n`,
      ].join(''),
    );
    assert.equal(hexDump(new Uint8Array(0)), '');
  });
});

describe('language of a string value', () => {
  it('is told by the text alone', () => {
    assert.equal(valueLanguage('{"a": 12345678901234567890}'), 'json');
    assert.equal(valueLanguage('[1, 2]\n'), 'json');
    assert.equal(valueLanguage('{oops}'), 'text');
    assert.equal(valueLanguage('42'), 'text');
    assert.equal(valueLanguage('<?xml version="1.0"?><a/>'), 'xml');
    assert.equal(valueLanguage('<img onerror>'), 'xml');
    assert.equal(valueLanguage('< 3'), 'text');
    assert.equal(valueLanguage(''), 'text');
  });
});

describe('stream id', () => {
  it('is two 64-bit numbers', () => {
    assert.ok(isStreamId('18446744073709551615-18446744073709551615'));
    assert.ok(!isStreamId('18446744073709551616-0'));
    assert.ok(!isStreamId('0-0'));
    assert.ok(!isStreamId('5'));
    assert.ok(compareStreamIds('9007199254740993-0', '9007199254740992-9') > 0);
    assert.equal(nextStreamId('1-18446744073709551615'), '2-0');
    assert.equal(nextStreamId('1-1'), '1-2');
    assert.equal(nextStreamId('18446744073709551615-18446744073709551615'), null);
  });
});
