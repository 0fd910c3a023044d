import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importDesktop, type ProfileTarget } from '../../../src/app/retention/importDesktop.ts';
import type { Cipher } from '../../../src/app/ports/environment.ts';
import type { ImportCounts } from '../../../src/app/ports/maintenance.ts';
import type { Stores } from '../../../src/app/ports/stores.ts';
import type { ConnectionDraft } from '../../../src/domain/connections/definition.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { stringDump } from '../../../src/domain/keys/stringDump.ts';
import { utf8 } from '../../../src/domain/bytes.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { eventOf, sampleOf, snapshotOf } from '../../support/storeRows.ts';
import { storesIn } from '../../support/storesIn.ts';

const always = { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' };

function sqlite(file: string, sql: string): string {
  return execFileSync('sqlite3', [file], { input: sql, encoding: 'utf8' }).trim();
}

const openCipher: Cipher = { seal: async (plain) => plain, open: async (sealed) => sealed };

function profilesIn(drafts: ConnectionDraft[]): ProfileTarget {
  return {
    get existing() {
      return [...drafts];
    },
    uid: (id) => `uid-of-${id}`,
    add: async (draft) => void drafts.push(draft),
  };
}

/** The tables of the desktop program as V2-STORE describes them, in its own words, not those of our migrations. */
const v1 = `
CREATE TABLE connection_profiles (id TEXT PRIMARY KEY, name TEXT, engine TEXT, host TEXT, port INTEGER, db_index INTEGER,
  tls_enabled INTEGER, environment TEXT, tags_json TEXT, secret_ref TEXT, read_only INTEGER, timeout_ms INTEGER,
  created_at TEXT, updated_at TEXT);
CREATE TABLE memcached_key_index (connection_id TEXT, cache_key TEXT, updated_at TEXT, PRIMARY KEY (connection_id, cache_key));
INSERT INTO connection_profiles VALUES ('p1','Shop Prod','redis','10.0.0.1',6380,2,1,'prod','["eu"]','k1',1,3000,'2025-01-01T00:00:00Z','2025-01-01T00:00:00Z');
INSERT INTO connection_profiles VALUES ('p2','shop-prod','redis','10.0.0.2',6379,NULL,0,'dev','[]','k2',0,5000,'2025-01-02T00:00:00Z','2025-01-02T00:00:00Z');
INSERT INTO connection_profiles VALUES ('m1','Cache','memcached','10.0.0.3',11211,NULL,0,'dev','[]','k3',0,5000,'2025-01-02T00:00:00Z','2025-01-02T00:00:00Z');
INSERT INTO memcached_key_index VALUES ('m1','a','2025-01-02T00:00:00Z');
`;
const v2 = `
ALTER TABLE connection_profiles ADD COLUMN force_read_only INTEGER DEFAULT 0;
ALTER TABLE connection_profiles ADD COLUMN retry_max_attempts INTEGER DEFAULT 1;
ALTER TABLE connection_profiles ADD COLUMN retry_backoff_ms INTEGER DEFAULT 250;
ALTER TABLE connection_profiles ADD COLUMN retry_backoff_strategy TEXT DEFAULT 'fixed';
ALTER TABLE connection_profiles ADD COLUMN retry_abort_on_error_rate REAL DEFAULT 1;
CREATE TABLE key_snapshots (id TEXT PRIMARY KEY, connection_id TEXT, cache_key TEXT, captured_at TEXT, redacted_value_hash TEXT, value_text TEXT, ttl_seconds INTEGER, reason TEXT);
CREATE TABLE workflow_templates (id TEXT PRIMARY KEY, name TEXT, kind TEXT, parameters_json TEXT, requires_approval_on_prod INTEGER, supports_dry_run INTEGER, created_at TEXT, updated_at TEXT);
CREATE TABLE workflow_executions (id TEXT PRIMARY KEY, workflow_template_id TEXT, workflow_name TEXT, workflow_kind TEXT, connection_id TEXT, started_at TEXT, finished_at TEXT, status TEXT, retry_count INTEGER, dry_run INTEGER, parameters_json TEXT, step_results_json TEXT, error_message TEXT);
CREATE TABLE history_events (id TEXT PRIMARY KEY, timestamp TEXT, source TEXT, connection_id TEXT, environment TEXT, action TEXT, key_or_pattern TEXT, duration_ms INTEGER, status TEXT, redacted_diff TEXT, error_code TEXT, retryable INTEGER, details_json TEXT);
CREATE TABLE observability_snapshots (id TEXT PRIMARY KEY, connection_id TEXT, timestamp TEXT, latency_p50_ms REAL, latency_p95_ms REAL, error_rate REAL, reconnect_count INTEGER, ops_per_second REAL, slow_op_count INTEGER);
CREATE TABLE alert_events (id TEXT PRIMARY KEY, created_at TEXT, connection_id TEXT, environment TEXT, severity TEXT, title TEXT, message TEXT, source TEXT, is_read INTEGER);
INSERT INTO key_snapshots VALUES ('s1','p1','cart:1','2025-02-01T00:00:00Z','h','hello',60,'set');
INSERT INTO key_snapshots VALUES ('s2','p1','cart:2','2025-02-01T00:00:00Z','h',NULL,NULL,'delete');
INSERT INTO workflow_templates VALUES ('t1','Clean','deleteByPattern','{}',1,1,'2025-01-01T00:00:00Z','2025-01-01T00:00:00Z');
INSERT INTO workflow_executions VALUES ('x1','t1','Clean','deleteByPattern','p1','2025-01-01T00:00:00Z',NULL,'success',0,0,'{}','[]',NULL);
INSERT INTO workflow_executions VALUES ('x2',NULL,'Clean','deleteByPattern','gone','2025-01-01T00:00:00Z',NULL,'running',0,0,'{}','[]',NULL);
INSERT INTO workflow_executions VALUES ('x3',NULL,'Clean','deleteByPattern','p1','2025-01-01T00:00:00Z',NULL,'error',0,0,'{}','[]','no');
INSERT INTO history_events VALUES ('e1','2025-02-01T10:00:00Z','app','p1','prod','keys.write','cart:1',12,'success','3 B',NULL,NULL,'{"a":1}');
INSERT INTO history_events VALUES ('e2','2025-02-01T10:00:01Z','app','p2','dev','keys.read','cart:2',3,'error',NULL,'ECONNRESET',1,'not json');
INSERT INTO history_events VALUES ('e3','2025-02-01T10:00:02Z','engine','gone','qa','engine.slow','x',30,'success',NULL,NULL,NULL,NULL);
INSERT INTO observability_snapshots VALUES ('o1','p1','2025-02-01T10:00:00Z',1.5,9.5,0.1,0,100,2);
INSERT INTO alert_events VALUES ('a1','2025-02-01T10:00:00Z','p1','prod','warning','T','M','app',0);
`;
const v3 = `
ALTER TABLE workflow_executions ADD COLUMN checkpoint_token TEXT;
ALTER TABLE workflow_executions ADD COLUMN policy_pack_id TEXT;
ALTER TABLE workflow_executions ADD COLUMN schedule_window_id TEXT;
ALTER TABLE workflow_executions ADD COLUMN resumed_from_execution_id TEXT;
CREATE TABLE alert_rules (id TEXT PRIMARY KEY, name TEXT, metric TEXT, threshold REAL, lookback_minutes INTEGER, severity TEXT, connection_id TEXT, environment TEXT, enabled INTEGER, created_at TEXT, updated_at TEXT);
CREATE TABLE governance_policy_packs (id TEXT PRIMARY KEY, name TEXT, description TEXT, environments_json TEXT, max_workflow_items INTEGER, max_retry_attempts INTEGER, scheduling_enabled INTEGER, execution_windows_json TEXT, enabled INTEGER, created_at TEXT, updated_at TEXT);
CREATE TABLE governance_assignments (connection_id TEXT PRIMARY KEY, policy_pack_id TEXT, assigned_at TEXT);
CREATE TABLE incident_bundles (id TEXT PRIMARY KEY, created_at TEXT, from_ts TEXT, to_ts TEXT, connection_ids_json TEXT, includes_json TEXT, redaction_profile TEXT, checksum TEXT, artifact_path TEXT, timeline_count INTEGER, log_count INTEGER, diagnostic_count INTEGER, metric_count INTEGER, truncated INTEGER);
CREATE TABLE retention_policies (dataset TEXT PRIMARY KEY, retention_days INTEGER, storage_budget_mb INTEGER, auto_purge_oldest INTEGER);
INSERT INTO alert_rules VALUES ('r1','Errors','errorRate',0.1,5,'warning',NULL,NULL,1,'2025-01-01T00:00:00Z','2025-01-01T00:00:00Z');
INSERT INTO governance_policy_packs VALUES ('g1','Prod',NULL,'["prod"]',100,1,0,'[]',1,'2025-01-01T00:00:00Z','2025-01-01T00:00:00Z');
INSERT INTO governance_assignments VALUES ('p1','g1','2025-01-01T00:00:00Z');
INSERT INTO incident_bundles VALUES ('b1','2025-01-01T00:00:00Z','2025-01-01T00:00:00Z','2025-01-02T00:00:00Z','["p1"]','[]','default','c','/x',1,0,0,0,0);
INSERT INTO retention_policies VALUES ('timelineEvents',30,64,1);
`;

const one = { found: 1, imported: 1, skipped: 0 };
const none = { found: 0, imported: 0, skipped: 0 };
const common = {
  profiles: { found: 2, imported: 2, skipped: 0 },
  memcachedProfiles: { found: 1, imported: 0, skipped: 1 },
  memcachedKeys: { found: 1, imported: 0, skipped: 1 },
};
const fromV2 = {
  keySnapshots: { found: 2, imported: 1, skipped: 1 },
  templates: one,
  executions: { found: 3, imported: 3, skipped: 0 },
  events: { found: 3, imported: 3, skipped: 0 },
  samples: one,
  alerts: one,
};
const fromV3 = { rules: one, packs: one, assignments: one, bundles: one, retentionPolicies: one };
const emptyV2 = { keySnapshots: none, templates: none, executions: none, events: none, samples: none, alerts: none };
const emptyV3 = { rules: none, packs: none, assignments: none, bundles: none, retentionPolicies: none };
const levels: readonly (readonly [level: string, sql: string, counts: ImportCounts])[] = [
  ['V1', v1, { ...common, ...emptyV2, ...emptyV3 }],
  ['V2', v1 + v2, { ...common, ...fromV2, ...emptyV3 }],
  ['V3', v1 + v2 + v3, { ...common, ...fromV2, ...fromV3 }],
];

describe('store maintenance', () => {
  let directory: string;
  let scratch: string;
  let open: Stores[];

  async function stores(): Promise<Stores> {
    const opened = await storesIn(directory);
    open.push(opened);
    return opened;
  }

  beforeEach(() => {
    directory = ownFolder('cachify-stores-');
    scratch = realpathSync(ownFolder('cachify-scratch-'));
    open = [];
  });
  afterEach(async () => {
    for (const opened of open) await opened.close();
    removeFolder(directory);
    removeFolder(scratch);
  });

  for (const [level, sql, expected] of levels) {
    it(`brings over a ${level} desktop store, every row, and leaves the file as it was`, async () => {
      const file = join(scratch, 'cachify-studio.db');
      sqlite(file, sql);
      const before = createHash('sha256').update(readFileSync(file)).digest('hex');
      const drafts: ConnectionDraft[] = [];
      const all = await stores();
      const parts = { ...all, cipher: openCipher, target: profilesIn(drafts) };
      assert.deepEqual(await importDesktop(parts, file, true), expected);
      assert.deepEqual(drafts, []);
      assert.deepEqual(await importDesktop(parts, file, false), expected);
      const again = await importDesktop(parts, file, false);
      for (const [name, { found, imported, skipped }] of Object.entries(again)) {
        assert.deepEqual({ imported, skipped }, { imported: 0, skipped: found }, name);
      }
      assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), before);
      assert.deepEqual(readdirSync(scratch), ['cachify-studio.db']);
      assert.deepEqual(
        drafts.map(({ id, host, db, environment, readOnly }) => ({ id, host, db, environment, readOnly })),
        [
          { id: 'shop-prod', host: '10.0.0.1', db: 2, environment: 'prod', readOnly: true },
          { id: 'shop-prod-p2', host: '10.0.0.2', db: 0, environment: 'dev', readOnly: false },
        ],
      );
      if (level === 'V1') return;
      const { events } = await all.history.timeline({ ...always, limit: 10 });
      assert.deepEqual(
        events.map(({ id, connectionId, environment, status, errorCode, details }) => ({
          id,
          connectionId,
          environment,
          status,
          errorCode,
          details,
        })),
        [
          {
            id: 'e3',
            connectionId: 'gone',
            environment: 'unknown',
            status: 'success',
            errorCode: undefined,
            details: undefined,
          },
          {
            id: 'e2',
            connectionId: 'uid-of-shop-prod-p2',
            environment: 'dev',
            status: 'error',
            errorCode: 'INTERNAL_ERROR',
            details: { desktopDetails: 'not json', desktopErrorCode: 'ECONNRESET' },
          },
          {
            id: 'e1',
            connectionId: 'uid-of-shop-prod',
            environment: 'prod',
            status: 'success',
            errorCode: undefined,
            details: { a: 1 },
          },
        ],
      );
      const snapshot = await all.snapshots.get('s1');
      assert.equal(snapshot?.expiresAt, '2025-02-01T00:01:00.000Z');
      assert.equal(snapshot?.bytes, stringDump(utf8('hello')).length);
      const target = join(scratch, 'out.sqlite');
      await all.maintenance.exportDatabase(target);
      assert.equal(
        sqlite(target, 'SELECT id, status, connection_id FROM workflow_executions ORDER BY id;'),
        'x1|completed|uid-of-shop-prod\nx2|interrupted|gone\nx3|failed|uid-of-shop-prod',
      );
      if (level === 'V3')
        assert.equal(sqlite(target, 'SELECT connection_id FROM governance_assignments;'), 'uid-of-shop-prod');
    });
  }

  it('refuses what is no desktop store, and says which field', async () => {
    const { maintenance } = await stores();
    const refused = (error: unknown): boolean => isFailure(error, 'VALIDATION_ERROR') && error.details?.path === 'path';
    const foreign = join(scratch, 'foreign.db');
    sqlite(foreign, 'CREATE TABLE t (a);');
    const text = join(scratch, 'text.db');
    writeFileSync(text, 'hello');
    const cut = join(scratch, 'cut.db');
    sqlite(cut, v1 + v2);
    writeFileSync(cut, readFileSync(cut).subarray(0, 6000));
    const held = join(scratch, 'held.db');
    sqlite(held, v1);
    writeFileSync(`${held}-wal`, 'x');
    for (const path of [foreign, text, cut, held, join(scratch, 'missing.db'), scratch]) {
      await assert.rejects(maintenance.readDesktop(path), refused, path);
    }
  });

  it('exports a file that the sqlite3 command opens, without values of keys', async () => {
    const all = await stores();
    await all.history.append(Array.from({ length: 3000 }, (_, number) => eventOf(number)));
    await all.history.appendSamples([sampleOf(1)]);
    const secret = Buffer.from('sealed-secret-value');
    await all.snapshots.add([snapshotOf(1, { sealed: secret })]);
    const target = join(scratch, 'export.sqlite');
    await all.maintenance.exportDatabase(target);
    assert.equal(sqlite(target, 'PRAGMA integrity_check; SELECT count(*) FROM history_events;'), 'ok\n3000');
    assert.equal(sqlite(target, 'SELECT count(*), max(length(sealed)) FROM stored_key_snapshots;'), '1|0');
    assert.ok(!readFileSync(target).includes(secret));
    const refused = (error: unknown): boolean =>
      isFailure(error, 'VALIDATION_ERROR') && error.details?.path === 'target';
    await assert.rejects(all.maintenance.exportDatabase(target), refused);
    await assert.rejects(all.maintenance.exportDatabase('relative.sqlite'), refused);
    await assert.rejects(all.maintenance.exportDatabase(join(scratch, 'no/where.sqlite')), refused);
    assert.deepEqual(readdirSync(scratch), ['export.sqlite']);
  });

  it('verifies on demand, and names the file that was changed', async () => {
    const all = await stores();
    await all.snapshots.add([snapshotOf(1)]);
    await all.history.append([eventOf(1)]);
    assert.deepEqual(await all.maintenance.verify(), { ok: true, problems: [] });
    const file = join(directory, 'control', 'log-first.bin');
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 4;
    writeFileSync(file, bytes);
    const { ok, problems } = await all.maintenance.verify();
    assert.equal(ok, false);
    assert.match(problems.join(), /control: .*log-first\.bin/);
  });

  it('opens the folder of another machine’s window that was copied', async () => {
    const first = await stores();
    await first.snapshots.add([snapshotOf(1)]);
    await first.close();
    const copy = join(scratch, 'store');
    execFileSync('cp', ['-r', directory, copy]);
    assert.ok(existsSync(join(copy, 'control')));
    copyFileSync(join(directory, 'control', 'log-first.bin'), join(scratch, 'x'));
    const second = await storesIn(copy);
    open.push(second);
    assert.equal(await second.snapshots.usedBytes(), 4);
  });
});
