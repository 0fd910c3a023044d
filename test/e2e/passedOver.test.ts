import assert from 'node:assert/strict';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';

/** Far below what reading one key again and again amounts to, and above what our own looks at the server do. */
const QUIET_COMMANDS = 30;

describe('documents that were only passed over', () => {
  const keys = Array.from({ length: 12 }, (_none, at) => `cart:${at + 10}`);
  let redis: RedisBox;

  before(async () => {
    redis = await startRedis();
    for (const key of keys) await redis.cli('SET', key, '{"lines":[{"sku":"SKU-1","quantity":3}]}');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    settings: {
      'cachify.connections': [{ id: 'shop', name: 'Shop', host: '127.0.0.1', port: redis.port, environment: 'dev' }],
    },
  }));

  async function processed(): Promise<number> {
    return Number(/total_commands_processed:(\d+)/.exec(await redis.cli('INFO', 'stats'))?.[1]);
  }

  it('are not read for ever', async () => {
    await workbench().openContainer('Cachify');
    for (const other of ['Workflows', 'Alerts']) await workbench().foldView(other);
    await workbench().expand('Connections', 'Shop');
    await workbench().expand('Connections', 'cart:');
    for (const key of keys) {
      await workbench().click('Connections', key);
      // The next click comes while the document of this one is just being coloured.
      await workbench().tab(new RegExp(key)).waitFor();
    }
    await workbench().closeEditors();
    await workbench().page.waitForTimeout(1500);
    const before = await processed();
    await workbench().page.waitForTimeout(3000);
    const sent = (await processed()) - before;
    assert.ok(sent < QUIET_COMMANDS, `${sent} commands in 3 s, though nobody did anything`);
  });
});
