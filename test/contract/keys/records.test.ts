// A reading takes several round trips, and is one act: what the timeline and alerts know of it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { slowOperationMs } from '../../../src/domain/observability/family.ts';
import { keysRig, type KeysRig } from '../../support/keysRig.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';

describe('records of readings', () => {
  let redis: RedisBox;
  let rig: KeysRig;

  before(async () => {
    redis = await startRedis();
    await redis.cli('SET', 'text', 'value');
    await redis.cli('RPUSH', 'list', 'a', 'b');
    rig = await keysRig(redis);
  });
  beforeEach(() => rig.gate.events.splice(0));
  after(async () => {
    await rig.close();
    await redis.stop();
  });

  const read = (key: string): Promise<unknown> => rig.keys.read({ connectionId: 'test', key });

  for (const key of ['text', 'list', 'missing']) {
    it(`a server that stalls at the first question is slow: ${key}`, async () => {
      redis.pause();
      const reading = read(key);
      await sleep(slowOperationMs + 50);
      redis.resume();
      await reading;
      assert.deepEqual(
        rig.gate.events.map(({ action, keyOrPattern, status }) => [action, keyOrPattern, status]),
        [['keys.read', key, 'success']],
      );
      assert.ok((rig.gate.events[0]?.durationMs ?? 0) >= slowOperationMs, 'it was recorded as a fast one');
    });
  }

  it('what is refused at the first question is a failure', async () => {
    await redis.cli('ACL', 'SETUSER', 'default', '-type');
    try {
      await assert.rejects(read('text'));
    } finally {
      await redis.cli('ACL', 'SETUSER', 'default', '+@all');
    }
    assert.deepEqual(
      rig.gate.events.map(({ status, errorCode }) => [status, errorCode]),
      [['error', 'UNAUTHORIZED']],
    );
    assert.equal(rig.gate.gate.drainOperationStats('uid-test').errors, 1);
  });
});
