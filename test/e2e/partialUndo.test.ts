// A person whose run keeps more for undo than there is room for.
import assert from 'node:assert/strict';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { workflowsByHand } from '../support/host/workflowsByHand.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';

const RUNS = 'Workflows';

describe('undo that will be partial', function () {
  this.timeout(240_000);
  let redis: RedisBox;

  before(async () => {
    redis = await startRedis({ args: ['--rdbcompression', 'no'] });
    await redis.cli('eval', "for i=1,700 do redis.call('SET','big:'..i,string.rep('x',100000)) end return 1", '0');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev', timeoutMs: 20_000 },
      ],
      'cachify.keys.snapshotBudgetMb': 64,
    },
  }));
  const { pressButton, planFolder } = workflowsByHand(workbench);
  const count = async (pattern: string): Promise<number> =>
    Number(await redis.cli('eval', "return #redis.call('KEYS',ARGV[1])", '0', pattern));

  it('asks for the name where undo will be partial, and says so before and while it asks', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand('Connections', 'Shop dev');
    await workbench().row('Connections', 'big:').waitFor({ timeout: 60_000 });
    const page = await planFolder('big:', /700 keys/);
    const notice = page.locator('.notice', { hasText: 'Undo will be partial' });
    assert.match(
      await notice.innerText(),
      /the values need about \d+ MB and \d+ MB are free.*asks for the connection’s name/s,
    );
    await workbench().screenshot('run-partial-undo');
    await pressButton(/Delete 700 keys/);
    await workbench().dialogButton('Delete 700 keys');
    await waitFor('the question', 30_000, async () => /on Shop dev/.test(await workbench().quickInput.title()));
    assert.match(await workbench().quickInput.says(/Undo will be partial/), /Type Shop dev to go on/);
    await workbench().quickInput.type('Shop');
    await workbench().quickInput.says(/This is not Shop dev/);
    assert.equal(await count('big:*'), 700);
    await workbench().quickInput.answer('Shop dev');
    await workbench().rowSaying(RUNS, /^Delete big:\*.*700 done/);
    await pressButton(/^Undo/);
    await workbench().dialogButton('Undo');
    await workbench().notification(/keys are as they were before/, 60_000);
    const restored = await count('big:*');
    assert.ok(restored > 300 && restored < 700, `${restored} of 700 came back`);
    await workbench().clearNotifications();
  });
});
