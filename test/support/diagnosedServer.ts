// A bundle of a server that has something to tell: settings, slow commands, latency, runs, packs, rules, errors of our own.
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { processHolder } from '../../src/adapters/node/holder.ts';
import { incidentWork } from '../../src/adapters/store/incidentWork.ts';
import type { ConnectionView } from '../../src/app/connections/connectionService.ts';
import { capabilityFlags } from '../../src/app/connections/testConnection.ts';
import { GovernanceService } from '../../src/app/governance/governanceService.ts';
import { collect } from '../../src/app/incidents/collect.ts';
import { IncidentService } from '../../src/app/incidents/incidentService.ts';
import { RecentLog } from '../../src/app/incidents/recentLog.ts';
import { JobLeases } from '../../src/app/leases/jobLeases.ts';
import type { RedisSession } from '../../src/app/ports/redis.ts';
import { starterRules } from '../../src/domain/alerts/starters.ts';
import type { RedactionProfile } from '../../src/domain/incidents/definition.ts';
import { ownFolder } from './processes.ts';
import { startRedis, type RedisBox } from './redisBox.ts';
import { closeSessions, openSession } from './redisParts.ts';
import { projectRoot } from './root.ts';
import { storeBuild } from './storeBuild.ts';
import { sampleOf } from './storeRows.ts';
import { workflowRig, type WorkflowRig } from './workflowRig.ts';
import { systemClock } from './systemClock.ts';

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** Stands in a setting, in a password and in an argument, none of which a bundle may hold. */
export const plantedSecret = 'planted-secret-8731';
/** The setting of a team. */
const policyPacks = [
  {
    id: 'team',
    name: 'Team limits',
    environments: ['dev'],
    maxWorkflowItems: 5000,
    maxRetryAttempts: 3,
    schedulingEnabled: false,
    executionWindows: [],
    enabled: true,
  },
];
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface DiagnosedServer {
  /** Makes a bundle as a user would, and answers its path. */
  bundle(profile: RedactionProfile): Promise<string>;
  /** From now on the connection is one of a user who may not ask for settings or the slow log. */
  limitUser(): Promise<void>;
  close(): Promise<void>;
}

export async function diagnosedServer(): Promise<DiagnosedServer> {
  const box = await startRedis({
    args: `--maxmemory 64mb --maxmemory-policy allkeys-lru --hz 20 --slowlog-log-slower-than 0
      --latency-monitor-threshold 1 --enable-debug-command yes --masterauth ${plantedSecret}`.split(/\s+/),
  });
  await box.cli('SET', 'user:42', plantedSecret);
  for (let n = 0; n < 40; n++) await box.cli('SET', `tmp:${n}`, 'x', 'EX', '3600');
  const directory = realpathSync(ownFolder('cachify-diagnosed-'));
  const rig = await workflowRig({ directory, definition: { port: box.port, name: 'Shop prod' }, policyPacks });
  const log = new RecentLog(quiet, systemClock);
  await liveThrough(rig, box);
  log.error('timeline not written', { code: 'INTERNAL_ERROR', action: 'keys.write' });
  const service = await incidents(rig, log);
  let bundles = 0;
  return {
    async bundle(profile) {
      const { previewId } = await service.preview({
        from: new Date(Date.now() - 3_600_000).toISOString(),
        to: new Date(Date.now()).toISOString(),
        includes: ['timeline', 'logs', 'diagnostics', 'metrics'],
        redactionProfile: profile,
      });
      mkdirSync(join(directory, 'out'), { recursive: true });
      const target = join(directory, 'out', `bundle-${bundles++}.zip`);
      const job = await service.wait((await service.export({ previewId, target })).id);
      if (job.state !== 'success') throw new Error(JSON.stringify(job));
      return target;
    },
    async limitUser() {
      const may = ['+ping', '+info', '+select', '+client', '+hello', '+command', '+scan', '+get'];
      await box.cli('ACL', 'SETUSER', 'looker', 'on', `>${plantedSecret}`, '~*', '-@all', ...may);
      const session = await openSession(
        { port: box.port, username: 'looker' },
        { secret: { password: plantedSecret } },
      );
      rig.active = { ...rig.active, session };
    },
    async close() {
      await rig.close();
      await closeSessions();
      await box.stop();
    },
  };
}

/** A run that failed and was tried again, one that a pack refused, latency, samples, and rules that judge them. */
async function liveThrough(rig: WorkflowRig, box: RedisBox): Promise<void> {
  const { uid, id, environment } = rig.active.definition;
  const at = new Date(Date.now()).toISOString();
  const connectionId = id;
  const tmp = { connectionId, kind: 'deleteByPattern', parameters: { pattern: 'tmp:*' } } as const;
  await box.cli('DEBUG', 'SLEEP', '0.03');
  const run = await rig.service.plan(tmp);
  await rig.service.start({ runId: run.runId });
  await rig.service.wait(run.runId);
  // The window is closed whenever this runs.
  const dayAfterTomorrow = weekdays[(new Date(Date.now()).getUTCDay() + 2) % 7] ?? 'mon';
  const content = {
    name: 'Nights only',
    environments: [environment as 'dev'],
    maxWorkflowItems: 1000,
    maxRetryAttempts: 2,
    schedulingEnabled: true,
    executionWindows: [
      { id: 'w1', weekdays: [dayAfterTomorrow], startTime: '03:00', endTime: '03:01', timezone: 'UTC' as const },
    ],
    enabled: true,
  };
  await rig.stores.governance.savePacks([
    { id: 'nights', version: 1, createdAt: at, updatedAt: at, removedAt: null, content },
  ]);
  await rig.stores.governance.assign(uid, ['nights'], at);
  await box.cli('SET', 'tmp:again', 'x');
  const refused = await rig.service.plan(tmp);
  await rig.service.start({ runId: refused.runId }).catch(() => undefined);
  await rig.policies.flush();
  await rig.stores.connections.save({
    uid,
    id,
    scope: 'user',
    name: 'Shop prod',
    destination: 'localhost',
    environment,
  });
  const stamp = { origin: 'starter', createdAt: at, updatedAt: at } as const;
  await rig.stores.alerts.installStarters(starterRules.map((one) => ({ ...one.rule, id: one.id, ...stamp })));
  const nowMs = Date.now();
  const samples = Array.from({ length: 20 }, (_, n) =>
    sampleOf(n, { connectionId: uid, timestamp: new Date(nowMs - (20 - n) * 15_000).toISOString() }),
  );
  await rig.stores.history.appendSamples(samples);
  await rig.stores.history.append(rig.records);
  await rig.stores.history.flush();
}

function viewOf({ active }: WorkflowRig, session: RedisSession): ConnectionView {
  const { definition } = active;
  const { uid, id, name, scope, environment, readOnly } = definition;
  return {
    summary: { id, uid, name, environment, readOnly, scope, state: 'ready', capabilities: capabilityFlags(session) },
    entry: {
      uid,
      id,
      name,
      scope,
      scopeRoot: '',
      usable: true,
      concerns: [],
      draft: definition as never,
      written: definition,
      definition,
    },
    state: { kind: 'ready' },
    server: session.server,
  };
}

async function incidents(rig: WorkflowRig, log: RecentLog): Promise<IncidentService> {
  const built = await storeBuild();
  const webviews = join(projectRoot(), 'dist/webviews');
  const work = incidentWork(
    { ...built, directory: join(rig.directory, 'store') },
    {
      folder: join(rig.directory, 'incidents'),
      pageScript: join(webviews, 'incidentViewer.js'),
      pageStyle: join(webviews, 'incidentViewer.css'),
    },
  );
  const connections = {
    views: () => [viewOf(rig, rig.active.session)],
    onDidChange: () => ({ dispose: () => undefined }),
  };
  const { stores, parts } = rig;
  const governance = new GovernanceService({
    store: stores.governance,
    policies: rig.policies,
    configured: { policyPacks: () => policyPacks, onDidChange: () => ({ dispose: () => undefined }) },
    trust: { isTrusted: () => true },
    clock: systemClock,
    newId: () => nodeDigest.uuid(),
    definitionOf: () => rig.active.definition,
    definitions: () => [rig.active.definition],
    onDidChange: () => ({ dispose: () => undefined }),
  });
  const host = { version: '1.2.3', vscode: '1.103.0', node: process.versions.node, platform: 'linux', arch: 'x64' };
  const secrets = new Map<string, string>();
  return new IncidentService({
    store: stores.incidents,
    work,
    leases: new JobLeases({ leases: stores.leases, holder: processHolder(), clock: systemClock, log: quiet }),
    secrets: {
      get: (key) => Promise.resolve(secrets.get(key)),
      set: (key, value) => Promise.resolve(void secrets.set(key, value)),
      delete: (key) => Promise.resolve(void secrets.delete(key)),
    },
    knownSecrets: () => Promise.resolve([plantedSecret]),
    connections,
    collect: (question) =>
      collect(
        {
          host,
          connections,
          workflows: rig.service,
          governance,
          stores,
          gate: parts.gate,
          trust: { isTrusted: () => true },
          log,
          clock: systemClock,
        },
        question,
      ),
    clock: systemClock,
    digest: nodeDigest,
    log: quiet,
    toolVersion: '1.2.3',
  });
}
