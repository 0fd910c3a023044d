import assert from 'node:assert/strict';
import { isWasteful } from '../../../../src/adapters/store/worker/wastefulMemory.ts';

const mega = 1 << 20;

describe('the memory of the store’s thread', () => {
  it('is wasted when it is much more than the data need', () => {
    assert.equal(isWasteful(26 * mega, 2 * mega, 0), false, 'an empty store');
    assert.equal(isWasteful(200 * mega, 100 * mega, 100 * mega), false);
    assert.equal(isWasteful(300 * mega, 20 * mega, 100 * mega), true, 'after a purge');
  });

  it('is wasted when much passed through it', () => {
    assert.equal(isWasteful(50 * mega, 20 * mega, 200 * mega), true);
  });
});
