import assert from 'node:assert/strict';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { slotOf } from '../../../../src/domain/redis/slot.ts';

describe('slots', () => {
  it('are those of the cluster specification', () => {
    assert.equal(slotOf(utf8('123456789')), 0x31c3);
    assert.equal(slotOf(utf8('foo')), 12_182);
    assert.equal(slotOf(utf8('')), 0);
  });

  it('follow the hash tag, when there is a whole one', () => {
    assert.equal(slotOf(utf8('{user1}:a')), slotOf(utf8('user1')));
    assert.equal(slotOf(utf8('x{user1}{y}')), slotOf(utf8('user1')));
    assert.notEqual(slotOf(utf8('{}:a')), slotOf(utf8('')));
    assert.notEqual(slotOf(utf8('{a')), slotOf(utf8('a')));
  });
});
