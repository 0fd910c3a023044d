// The local store as its user sees it: exported, verified, and filled from a store of the desktop program.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from 'vscode';

const desktopStore = `
CREATE TABLE connection_profiles (id TEXT PRIMARY KEY, name TEXT, engine TEXT, host TEXT, port INTEGER, db_index INTEGER,
  tls_enabled INTEGER, environment TEXT, tags_json TEXT, secret_ref TEXT, read_only INTEGER, timeout_ms INTEGER,
  created_at TEXT, updated_at TEXT);
CREATE TABLE memcached_key_index (connection_id TEXT, cache_key TEXT, updated_at TEXT, PRIMARY KEY (connection_id, cache_key));
INSERT INTO connection_profiles VALUES ('p1', 'Old shop', 'redis', '127.0.0.1', 6399, 1, 0, 'prod', '[]', 'ref', 1, 2500,
  '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z');
INSERT INTO connection_profiles VALUES ('p2', 'Old sessions', 'memcached', '127.0.0.1', 11211, NULL, 0, 'dev', '[]', 'ref', 0,
  2500, '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z');`;

describe('the local store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cachify-retention-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is exported into a file that sqlite3 opens, and never over another', async () => {
    const target = join(folder, 'store.sqlite');
    await commands.executeCommand('cachify.retention.exportDatabase', { target });
    const tables = execFileSync('sqlite3', [target, '.tables'], { encoding: 'utf8' });
    assert.match(tables, /history_events/);
    assert.match(tables, /workflow_executions/);
    await assert.rejects(
      async () => commands.executeCommand('cachify.retention.exportDatabase', { target }),
      /exists|VALIDATION_ERROR|CONFLICT/,
    );
    await assert.rejects(async () =>
      commands.executeCommand('cachify.retention.exportDatabase', { target: 'here.sqlite' }),
    );
  });

  it('proves its files', async () => {
    assert.deepEqual(await commands.executeCommand('cachify.retention.verify', {}), { ok: true, problems: [] });
  });

  it('takes a store of the desktop program over once, and leaves the file alone', async () => {
    const path = join(folder, 'cachify-studio.db');
    execFileSync('sqlite3', [path], { input: desktopStore });
    const digest = (): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    const before = digest();
    const bring = async (dryRun: boolean) =>
      commands.executeCommand<Record<string, { found: number; imported: number }>>('cachify.retention.importDesktop', {
        path,
        scope: 'workspace',
        dryRun,
      });
    const list = async () =>
      commands.executeCommand<{ id: string; name: string; environment: string }[]>('cachify.connections.list', {});
    assert.equal((await bring(true))['profiles']?.imported, 1);
    assert.ok(!(await list()).some(({ name }) => name === 'Old shop'));
    assert.equal((await bring(false))['profiles']?.imported, 1);
    const found = (await list()).find(({ name }) => name === 'Old shop');
    assert.equal(found?.environment, 'prod');
    assert.equal((await bring(false))['profiles']?.imported, 0);
    assert.equal(digest(), before);
    await commands.executeCommand('cachify.connections.remove', { id: found?.id });
  });

  it('has a policy per dataset, and refuses one that breaks a rule', async () => {
    const policies = await commands.executeCommand<{ dataset: string }[]>('cachify.retention.policies', {});
    assert.deepEqual(
      policies.map(({ dataset }) => dataset),
      ['timelineEvents', 'observabilitySnapshots', 'workflowHistory', 'incidentArtifacts'],
    );
    const policy = { dataset: 'workflowHistory', retentionDays: 90, storageBudgetMb: 32, autoPurgeOldest: true };
    assert.deepEqual(await commands.executeCommand('cachify.retention.savePolicy', policy), policy);
    for (const broken of [{ retentionDays: 0 }, { storageBudgetMb: 1.5 }, { dataset: 'all' }, { more: 1 }]) {
      await assert.rejects(async () =>
        commands.executeCommand('cachify.retention.savePolicy', { ...policy, ...broken }),
      );
    }
  });

  it('plans, purges and undoes by command', async () => {
    const summary = await commands.executeCommand<{ datasets: { dataset: string; rowCount: number }[] }>(
      'cachify.retention.summary',
      {},
    );
    assert.equal(summary.datasets.length, 5);
    const olderThan = new Date().toISOString();
    const plan = await commands.executeCommand<{ planId: string; rows: number }>('cachify.retention.planPurge', {
      dataset: 'timelineEvents',
      olderThan,
    });
    const result = await commands.executeCommand<{ purgeId: string; deletedRows: number; failed: unknown[] }>(
      'cachify.retention.purge',
      { planId: plan.planId },
    );
    assert.equal(result.deletedRows, plan.rows);
    assert.deepEqual(result.failed, []);
    assert.deepEqual(await commands.executeCommand('cachify.retention.undoPurge', { purgeId: result.purgeId }), {
      restoredRows: plan.rows,
    });
    await assert.rejects(async () => commands.executeCommand('cachify.retention.purge', { planId: 'none' }));
    const future = { dataset: 'timelineEvents', olderThan: '2999-01-01T00:00:00.000Z' };
    await assert.rejects(async () => commands.executeCommand('cachify.retention.planPurge', future));
  });
});
