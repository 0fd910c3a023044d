import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lineOfJsonError } from '../../../../src/domain/keys/jsonError.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('place of a JSON error', () => {
  it('agrees with JSON.parse on what is JSON', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      'null',
      ' ',
      '\n',
      '"',
      '\\',
      '01',
      '1e5',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
          fc.json(),
        ),
        (text) => {
          assert.equal(lineOfJsonError(text) === null, isJson(text), JSON.stringify(text));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('names the line', () => {
    assert.equal(lineOfJsonError('[\n"a",\noops\n]'), 3);
    assert.equal(lineOfJsonError('[\n"a"\n"b"\n]'), 3);
    assert.equal(lineOfJsonError('[\n"a",\n'), 3);
    assert.equal(lineOfJsonError('[1]\n]'), 2);
    assert.equal(lineOfJsonError('["tab\there"]'), 1);
    assert.equal(lineOfJsonError(''), 1);
  });
});
