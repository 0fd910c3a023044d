import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formattedJson } from '../../../../src/domain/keys/jsonFormat.ts';

describe('formatted JSON', () => {
  it('has one element per line and the same digits, escapes and repeated names', () => {
    const text = String.raw`{"n":12345678901234567890,"a":[1.50,"\u00e9",{}, []],"a":"x , : ]"}`;
    assert.equal(
      formattedJson(text, '  '),
      [
        '{',
        '  "n": 12345678901234567890,',
        '  "a": [',
        '    1.50,',
        String.raw`    "\u00e9",`,
        '    {},',
        '    []',
        '  ],',
        '  "a": "x , : ]"',
        '}',
      ].join('\n'),
    );
    assert.equal(formattedJson('{oops}', '  '), null);
  });

  it('is the same value, and formatting it again changes nothing', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const formatted = formattedJson(text, '  ');
        assert.ok(formatted !== null);
        assert.deepEqual(JSON.parse(formatted), JSON.parse(text));
        assert.equal(formattedJson(formatted, '  '), formatted);
      }),
      { numRuns: 1000 },
    );
  });
});
