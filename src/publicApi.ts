import type { CachifyApi } from './api.ts';
import type { AlertService } from './app/alerts/alertService.ts';
import type { ConnectionService } from './app/connections/connectionService.ts';
import type { GovernanceService } from './app/governance/governanceService.ts';
import type { IncidentService } from './app/incidents/incidentService.ts';
import type { KeyService } from './app/keys/keyService.ts';
import type { KeysParts } from './app/keys/parts.ts';
import { compare } from './app/observability/compare.ts';
import { failures } from './app/observability/failures.ts';
import { keyspaceActivity } from './app/observability/keyspaceActivity.ts';
import { overview } from './app/observability/overview.ts';
import type { Sampler } from './app/observability/sampler.ts';
import { timeline } from './app/observability/timeline.ts';
import type { ActivityWatcher } from './app/observability/watchActivity.ts';
import type { Clock } from './app/ports/clock.ts';
import type { Settings } from './app/ports/environment.ts';
import type { Stores } from './app/ports/stores.ts';
import type { CommandGate } from './app/redis/commandGate.ts';
import { importDesktop, type ProfileTarget } from './app/retention/importDesktop.ts';
import type { RetentionService } from './app/retention/retentionService.ts';
import type { WorkflowService } from './app/workflows/workflowService.ts';

/** The use cases that the API answers with. */
export interface ApiParts {
  readonly connections: ConnectionService;
  readonly keys: KeyService;
  readonly keysParts: KeysParts;
  readonly workflows: WorkflowService;
  readonly governance: GovernanceService;
  readonly alerts: AlertService;
  readonly retention: RetentionService;
  readonly incidents: IncidentService;
  readonly gate: CommandGate;
  readonly sampler: Sampler;
  readonly watcher: ActivityWatcher;
  readonly stores: Stores;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** Each method of the API, answered by its use case. */
export function publicApi(parts: ApiParts): CachifyApi {
  const {
    retention,
    connections,
    keys,
    keysParts,
    workflows,
    governance,
    alerts,
    incidents,
    gate,
    sampler,
    watcher,
    stores,
    settings,
    clock,
  } = parts;
  const observabilityParts = { history: stores.history, connections, settings, clock };
  return {
    version: 1,
    connections: {
      list: () => connections.list(),
      add: (draft, options) => connections.add(draft, options),
      update: (id, draft, options) => connections.update(id, draft, options),
      remove: (id) => connections.remove(id),
      test: (target) => connections.test(target),
      connect: (id) => connections.connect(id),
      disconnect: (id) => connections.disconnect(id),
      unlock: (id, request) => connections.unlock(id, request),
      lock: (id) => connections.lock(id),
      approve: (id) => connections.approve(id),
    },
    keys: {
      scan: (query) => keys.scan(query),
      count: (query) => keys.count(query),
      read: (query) => keys.read(query),
      write: (query) => keys.write(query),
      remove: (query) => keys.remove(query),
      rename: (query) => keys.rename(query),
      setTtl: (query) => keys.setTtl(query),
      command: (query) => keys.command(query),
      uri: (query) => keys.uri(query),
      snapshots: (query) => keys.snapshots(query),
      restore: (query) => keys.restore(query),
    },
    alerts: {
      rules: () => alerts.list(),
      saveRule: (rule) => alerts.save(rule),
      removeRule: (id) => alerts.remove(id),
      backtest: (query) => alerts.backtest(query),
      evaluate: (at) => alerts.evaluate(at),
      events: (query) => alerts.events(query),
      markRead: (ids) => alerts.markRead(ids),
      snooze: (query) => alerts.snooze(query),
      exportRules: (ids) => alerts.export(ids),
      importRules: (json) => alerts.import(json),
    },
    governance: {
      packs: () => governance.packs(),
      savePack: (pack) => governance.savePack(pack),
      removePack: (id) => governance.removePack(id),
      assign: (query) => governance.assign(query),
      assignments: () => governance.assignments(),
      explain: (query) => governance.explain(query),
      replay: (query) => governance.replay(query),
      exportPacks: (ids) => governance.exportPacks(ids),
      importPacks: (json) => governance.importPacks(json),
      decisions: (query) => governance.decisions(query),
    },
    retention: {
      policies: () => retention.policies(),
      savePolicy: (policy) => retention.savePolicy(policy),
      summary: () => retention.summary(),
      planPurge: (query) => retention.planPurge(query),
      purge: (planId) => retention.purge(planId),
      undoPurge: (purgeId) => retention.undoPurge(purgeId),
      exportDatabase: (target) => stores.maintenance.exportDatabase(target),
      verify: async () => {
        const { ok, problems } = await stores.maintenance.verify();
        return { ok, problems: [...problems] };
      },
      importDesktop: (path, options = {}) => {
        const { scope = 'user', dryRun = false } = options;
        const target = profileTarget(connections, scope);
        const parts = {
          maintenance: stores.maintenance,
          snapshots: stores.snapshots,
          cipher: keysParts.cipher,
          target,
        };
        return importDesktop(parts, path, dryRun);
      },
    },
    workflows: {
      templates: () => workflows.templates(),
      saveTemplate: (template) => workflows.saveTemplate(template),
      removeTemplate: (id) => workflows.removeTemplate(id),
      plan: (query) => workflows.plan(query),
      planItems: (query) => workflows.planItems(query),
      start: (query) => workflows.start(query),
      wait: (runId) => workflows.wait(runId),
      pause: (runId) => workflows.pause(runId),
      cancel: (runId) => workflows.cancel(runId),
      resume: (query) => workflows.resume(query),
      rerun: (query) => workflows.rerun(query),
      undo: (query) => workflows.undo(query),
      schedule: (query) => workflows.schedule(query),
      resolveInDoubt: (query) => workflows.resolveInDoubt(query),
      runs: (query) => workflows.runs(query),
      run: (runId) => workflows.run(runId),
    },
    incidents: {
      preview: (request) => incidents.preview(request),
      export: (query) => incidents.export(query),
      job: (id) => incidents.job(id),
      jobs: (limit) => incidents.jobs(limit),
      wait: (id) => incidents.wait(id),
      cancel: (id) => incidents.cancel(id),
      resume: (id) => incidents.resume(id),
      bundles: (limit) => incidents.bundles(limit),
      verify: (path) => incidents.verify(path),
      removeBundle: (id) => incidents.removeBundle(id),
    },
    observability: {
      overview: (query) => overview(observabilityParts, query),
      timeline: (query) => timeline(observabilityParts, query),
      sampleNow: (connectionId) => sampler.sampleNow(connectionId),
      keyspaceActivity: (query) => keyspaceActivity({ ...observabilityParts, gate }, query),
      failures: (query) => failures(observabilityParts, query),
      compare: (query) => compare({ ...observabilityParts, governance: stores.governance }, query),
      watchActivity: (query) => watcher.watch(query),
    },
  };
}

function profileTarget(connections: ConnectionService, scope: 'user' | 'workspace'): ProfileTarget {
  const views = connections.views().filter(({ summary }) => summary.scope === scope);
  return {
    existing: views.flatMap(({ entry }) => (entry.usable ? [entry.draft] : [])),
    uid: (id) => connections.uidIn(scope, id),
    add: async (draft) => void (await connections.add(draft, { scope })),
  };
}
