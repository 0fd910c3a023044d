import assert from 'node:assert/strict';
import fc from 'fast-check';
import { line } from '../../../../src/adapters/vscode/log.ts';
import type { LogFields } from '../../../../src/app/ports/environment.ts';

describe('log', () => {
  it('writes the listed fields of an event', () => {
    assert.equal(
      line('connected', { connectionId: '0a1b', ms: 12, command: 'config|get' }),
      'connected connectionId=0a1b command=config|get ms=12',
    );
  });

  it('withholds what is not a word, and fields that are not listed', () => {
    const smuggled = { connectionId: 'u:p@h\nFAKE LINE', password: 'S3CR3T', code: { inspect: 'S3CR3T' } };
    assert.equal(line('event', smuggled as unknown as LogFields), 'event connectionId=(withheld)');
  });

  it('is one line, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(line('event', { state: text, code: text }), /[\n\r\u2028\u2029\u202e]/);
      }),
    );
  });
});
