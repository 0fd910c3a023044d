import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { bytesIn, elementSizes, sizeOf } from '../../../../src/domain/keys/content.ts';
import { shortened } from '../../../../src/domain/keys/shortened.ts';
import { contentArb } from '../../../support/contents.ts';

describe('a shortened value', () => {
  it('has as many elements, none of them much larger than asked, and no byte that was not there', () => {
    fc.assert(
      fc.property(contentArb, fc.nat(40), (content, most) => {
        const short = shortened(content, most);
        assert.equal(short.type, content.type);
        if (content.type !== 'string') assert.equal(sizeOf(short), sizeOf(content));
        assert.ok(bytesIn(short) <= bytesIn(content));
        // Field and value, or id and what fits of an entry.
        for (const size of elementSizes(short)) assert.ok(size <= 3 * most + 64, `${size} of ${most}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('cuts text between characters', () => {
    const short = shortened({ type: 'list', items: [utf8('é'.repeat(10))] }, 5);
    assert.deepEqual(short, { type: 'list', items: [utf8('éé')] });
  });

  it('leaves alone what fits', () => {
    const hash = { type: 'hash', fields: [[utf8('a'), utf8('b')]] } as const;
    assert.deepEqual(shortened(hash, 1), hash);
  });
});
