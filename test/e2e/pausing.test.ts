// A person who pauses a run with the mouse, and lets it go on.
import assert from 'node:assert/strict';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { workflowsByHand } from '../support/host/workflowsByHand.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';

const RUNS = 'Workflows';

describe('a pause', function () {
  this.timeout(240_000);
  let redis: RedisBox;

  before(async () => {
    redis = await startRedis({ args: ['--enable-debug-command', 'yes'] });
    await redis.cli('debug', 'populate', '400000', 'many');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev', timeoutMs: 20_000 },
      ],
    },
  }));
  const { pressButton, planFolder } = workflowsByHand(workbench);
  const count = async (pattern: string): Promise<number> =>
    Number(await redis.cli('eval', "return #redis.call('KEYS',ARGV[1])", '0', pattern));

  it('and the resume after it need nothing but the mouse', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand('Connections', 'Shop dev');
    await workbench().row('Connections', 'many:').waitFor({ timeout: 60_000 });
    await planFolder('many:', /400,000 keys/);
    await pressButton(/Delete 400,000 keys/);
    await workbench().dialogButton('Delete 400,000 keys');
    await pressButton('Pause');
    await workbench().rowSaying(RUNS, /^Delete many:\*.*paused at \d+ %/);
    const left = await count('many:*');
    assert.ok(left > 0 && left < 400_000, `${left} keys are left`);
    await workbench().screenshot('run-paused');
    await pressButton(/Resume, [\d,]+ left/);
    await workbench().dialogButton('Resume');
    await workbench().rowSaying(RUNS, /^Delete many:\*.*400,000 done/, 120_000);
    assert.equal(await count('many:*'), 0);
    await workbench().clearNotifications();
  });
});
