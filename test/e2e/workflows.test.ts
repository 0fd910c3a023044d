import assert from 'node:assert/strict';
import { pictureEveryLook } from '../support/host/everyLook.ts';
import { extensionHosts } from '../support/host/extensionHosts.ts';
import { useWorkbench } from '../support/host/useWorkbench.ts';
import { workflowsByHand } from '../support/host/workflowsByHand.ts';
import { startRedis, type RedisBox } from '../support/redisBox.ts';
import { waitFor } from '../support/waiting.ts';
import { fillSix } from '../support/workflowSamples.ts';

const RUNS = 'Workflows';

describe('workflows', function () {
  this.timeout(480_000);
  let redis: RedisBox;

  before(async () => {
    redis = await startRedis({ args: ['--enable-debug-command', 'yes'] });
    await redis.cli('eval', fillSix(1200), '0');
  });
  after(() => redis.stop());

  const workbench = useWorkbench(() => ({
    settings: {
      'cachify.connections': [
        { id: 'shop', name: 'Shop dev', host: '127.0.0.1', port: redis.port, environment: 'dev', timeoutMs: 20_000 },
      ],
    },
  }));
  const { panel, pressButton, planFolder } = workflowsByHand(workbench);

  it('plans a folder from the key tree and shows what will happen, changing nothing', async () => {
    await workbench().openContainer('Cachify');
    await workbench().expand('Connections', 'Shop dev');
    await workbench().row('Connections', 'tmp:').waitFor({ timeout: 60_000 });
    const before = await redis.cli('debug', 'digest');
    const page = await planFolder('tmp:', /1,200 keys/);
    await workbench().screenshot('workflow-plan');
    assert.match(await page.locator('.plan-facts').innerText(), /tmp:0:/);
    assert.equal(await redis.cli('debug', 'digest'), before);
  });

  it('looks right in every theme, wide and narrow', async () => {
    await pictureEveryLook(workbench(), 'workflow-plan');
  });

  it('runs by the mouse, and undo brings everything back', async () => {
    const before = await redis.cli('debug', 'digest');
    await pressButton(/Delete 1,200 keys/);
    await workbench().dialogButton('Delete 1,200 keys');
    await waitFor('an empty folder', 60_000, async () => (await redis.cli('dbsize')) === '1');
    await workbench().rowSaying(RUNS, /Delete tmp:\*.*done/);
    await workbench().screenshot('workflow-completed');
    await pressButton(/Undo 1,200 changes/);
    await workbench().dialogButton('Undo');
    await workbench().notification(/1,200 keys are as they were before/, 60_000);
    assert.equal(await redis.cli('debug', 'digest'), before);
    await workbench().screenshot('workflow-undone');
    // The folder in the key tree is back without anybody asking for it.
    await workbench().row('Connections', 'tmp:').waitFor({ timeout: 30_000 });
  });

  it('leads to its events, and from one of them back', async () => {
    await pressButton(/Show events/);
    const page = await workbench().webview('#tab-timeline[aria-selected=true]');
    await page.locator('.timeline .toolbar', { hasText: /run [0-9a-f]{8}/ }).waitFor();
    await page.locator('.timeline .table-window .table-row').first().dblclick();
    await page.locator('.details').getByText('Open run', { exact: true }).click();
    await (await panel()).locator('.run-head', { hasText: 'tmp:*' }).waitFor();
  });

  it('survives five deaths of its extension host: found interrupted, resumed each time, undone; by the keyboard alone', async () => {
    const count = 120_000;
    const { page } = workbench();
    const command = (title: string): Promise<boolean> =>
      waitFor(`the command ${title}`, 60_000, async () => {
        await page.keyboard.press('F1');
        await workbench().quickInput.type(`>${title}`, 3000);
        const isFirst = await waitFor('the command on top', 8000, async () => {
          const [first] = await workbench().quickInput.items();
          return first === title;
        }).catch(() => false);
        if (isFirst) await workbench().quickInput.accept();
        // An open palette does not look again for commands that came meanwhile.
        else await workbench().quickInput.close();
        return isFirst;
      });
    const press = async (question: RegExp): Promise<void> => {
      const box = page.locator('.monaco-dialog-box', { hasText: question });
      await box.waitFor({ timeout: 60_000 });
      // A dialog that has just opened takes no key yet.
      await waitFor('the dialog to close', 30_000, async () => {
        if (await box.isVisible()) {
          // A page that is drawn late takes the focus from a dialog that is there already.
          const hasFocus = await box.evaluate(
            (dialog) => dialog.contains(dialog.ownerDocument.activeElement),
            undefined,
            { timeout: 1000 },
          );
          if (!hasFocus) await box.locator('.monaco-button:not(.secondary)').first().focus({ timeout: 1000 });
          await page.keyboard.press('Enter');
        }
        return box.waitFor({ state: 'hidden', timeout: 1000 }).then(
          () => true,
          () => false,
        );
      });
    };
    const chooseFirst = async (): Promise<void> => {
      await waitFor('the choice', 30_000, async () => (await workbench().quickInput.items()).length > 0);
      await workbench().quickInput.accept();
    };
    const keys = async (): Promise<number> => Number(await redis.cli('dbsize'));
    /** Waits until the run has begun to delete, and kills the process that runs it. */
    const killInTheMiddle = async (from: number): Promise<void> => {
      const hosts = extensionHosts(workbench().host.pid);
      assert.ok(hosts.length > 0, 'there is no extension host');
      await waitFor('some of it done', 90_000, async () => (await keys()) < from - 3000, 1);
      for (const pid of hosts) process.kill(pid, 'SIGKILL');
    };
    for (let from = 0; from < count; from += 40_000) {
      const fill = `for i=${from},${from + 39_999} do redis.call('SET','big:'..i,'v'..i) end return 1`;
      await redis.cli('eval', fill, '0');
    }
    const before = await redis.cli('debug', 'digest');

    await command('Cachify: Plan Workflow…');
    await workbench().quickInput.type('Delete a folder');
    await workbench().quickInput.accept();
    await waitFor('the pattern', 30_000, async () => {
      if (!(await workbench().quickInput.title()).startsWith('Delete which keys'))
        await workbench().quickInput.accept();
      return (await workbench().quickInput.title()).startsWith('Delete which keys');
    });
    await workbench().quickInput.answer('big:*');
    await workbench().quickInput.accept();
    await (await panel()).locator('.plan-facts strong', { hasText: '120,000 keys' }).waitFor({ timeout: 60_000 });
    await command('Cachify: Start Planned Run…');
    await chooseFirst();
    await press(/Delete 120,000 keys/);
    await killInTheMiddle(count + 1201);
    for (let deaths = 1; deaths <= 5; deaths++) {
      const left = await keys();
      assert.ok(left > 1201 + 5000, `death ${deaths}: only ${left} keys are left`);
      await workbench().reload();
      await workbench().openContainer('Cachify');
      await workbench().rowSaying(RUNS, /Delete big:\*.*interrupted at \d+ %$/);
      if (deaths === 1) await workbench().screenshot('workflow-interrupted');
      // Nothing goes on by itself.
      assert.equal(await keys(), left);
      await command('Cachify: Resume Run…');
      await chooseFirst();
      await press(/more keys/);
      if (deaths < 5) await killInTheMiddle(left);
    }
    await waitFor('the end', 120_000, async () => (await keys()) === 1201);
    await workbench().rowSaying(RUNS, /Delete big:\*.*120,000 done/);
    await workbench().screenshot('workflow-resumed');
    await command('Cachify: Undo Run…');
    await chooseFirst();
    await press(/Undo 120,000 changes/);
    await workbench().notification(/120,000 keys are as they were before/, 180_000);
    assert.equal(await redis.cli('debug', 'digest'), before);
  });

  it('writes a report as a document', async () => {
    await workbench().run('Cachify: Open Run Report');
    await waitFor('the choice of a run', 20_000, async () => (await workbench().quickInput.items()).length > 0);
    await workbench().quickInput.accept();
    await workbench().editorShows(/# Delete big/, 20_000);
    await workbench().screenshot('workflow-report');
  });
});
