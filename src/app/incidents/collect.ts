import type { ConnectionView } from '../connections/connectionService.ts';
import { destination } from '../../domain/connections/fingerprint.ts';
import type { GovernanceService } from '../governance/governanceService.ts';
import { happeningsOf } from '../workflows/report.ts';
import type { WorkflowService } from '../workflows/workflowService.ts';
import type { IncidentRequest } from '../../domain/incidents/definition.ts';
import { asFailure } from '../../domain/failure.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import { isoAt, isoTime, type Clock } from '../ports/clock.ts';
import type { Collected, CutQuery } from '../ports/incidents.ts';
import type { Stores } from '../ports/stores.ts';
import type { Gate } from '../redis/gate.ts';
import type { RecentLog } from './recentLog.ts';
import { serverDiagnostics } from './serverDiagnostics.ts';

/** What the program and this machine say about themselves; plain words, no paths. */
export interface HostFacts {
  readonly version: string;
  readonly vscode: string;
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
}

export interface CollectParts {
  readonly host: HostFacts;
  readonly connections: { views(): readonly ConnectionView[] };
  readonly workflows: Pick<WorkflowService, 'runs' | 'history'>;
  readonly governance: Pick<GovernanceService, 'overview'>;
  readonly stores: Pick<Stores, 'history' | 'governance' | 'alerts' | 'health'>;
  readonly gate: Pick<Gate, 'run'>;
  readonly trust: { isTrusted(): boolean };
  readonly log: Pick<RecentLog, 'lines'>;
  readonly clock: Clock;
}

const mostRecords = 10_000;
const mostRuns = 1000;
/** Runs whose history is told event by event. */
const toldRuns = 50;
const toldHappenings = 500;
/** Problems of each of the other runs. */
const briefProblems = 20;
/** A connection without a sample for so long is not open anywhere. */
const goneAfterMs = 60_000;

interface Question {
  readonly request: IncidentRequest;
  readonly query: CutQuery;
  readonly nameOf: (uid: string) => string;
}

/** Everything of a bundle that is not in the history, not redacted yet. What cannot be had is named in `omitted`. */
export async function collect(parts: CollectParts, question: Question): Promise<Collected> {
  const includes = new Set(question.request.includes);
  const omitted: { what: string; reason: string }[] = [];
  const attempt = async <T>(what: string, empty: T, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      omitted.push({ what, reason: asFailure(error).code });
      return empty;
    }
  };
  const wantsTimeline = includes.has('timeline');
  const [workflows, decisions, alerts, diagnostics] = await Promise.all([
    wantsTimeline ? attempt('workflows.jsonl', [], () => workflowRecords(parts, question)) : [],
    wantsTimeline ? attempt('decisions.jsonl', [], () => decisionRecords(parts, question)) : [],
    wantsTimeline ? attempt('alerts.json', noAlerts, () => alertRecords(parts, question)) : noAlerts,
    includes.has('diagnostics') ? attempt('diagnostics.jsonl', [], () => diagnosticRecords(parts, question)) : [],
  ]);
  const { from, to } = question.query;
  for (const include of ['timeline', 'logs', 'diagnostics', 'metrics'] as const) {
    if (!includes.has(include)) omitted.push({ what: include, reason: 'not chosen' });
  }
  return {
    logs: includes.has('logs') ? parts.log.lines(from, to).slice(-mostRecords) : [],
    diagnostics,
    workflows,
    decisions,
    alerts,
    omitted,
  };
}

const noAlerts: Collected['alerts'] = { events: [], rules: [], states: [] };

function inScope({ query }: Question, uid: string | undefined): boolean {
  return query.connectionIds === undefined || (uid !== undefined && query.connectionIds.includes(uid));
}

async function workflowRecords({ workflows, connections }: CollectParts, question: Question): Promise<unknown[]> {
  const { from, to } = question.query;
  const uids = new Map(connections.views().map(({ summary }) => [summary.id, summary.uid]));
  const runs = (await workflows.runs({ limit: mostRuns })).filter(
    (run) =>
      inScope(question, uids.get(run.connectionId) ?? run.connectionId) &&
      run.startedAt < to &&
      (run.finishedAt === undefined || run.finishedAt >= from),
  );
  return Promise.all(
    runs.map(async (run, at) => ({
      ...runRecord(run, at < toldRuns ? toldHappenings : briefProblems),
      ...(at < toldRuns ? { happenings: happeningsOf(await workflows.history(run.id)).slice(-toldHappenings) } : {}),
    })),
  );
}

function runRecord(run: WorkflowRun, mostProblems: number): Record<string, unknown> {
  const { connectionId, parameters, resumedFromExecutionId, resumedByExecutionId, problems } = run;
  const { entries } = parameters;
  return {
    ...run,
    connection: connectionId,
    parameters: { ...parameters, ...(Array.isArray(entries) ? { entries: entries.length } : {}) },
    resumedFrom: resumedFromExecutionId,
    resumedBy: resumedByExecutionId,
    problems: problems.slice(0, mostProblems),
  };
}

async function decisionRecords({ stores }: CollectParts, question: Question): Promise<unknown[]> {
  const { from, to } = question.query;
  const decisions = await stores.governance.decisions({ from, to, limit: mostRecords });
  return decisions
    .filter(({ connectionId }) => inScope(question, connectionId))
    .map(({ connectionId, packs, ...decision }) => ({
      ...decision,
      connection: question.nameOf(connectionId),
      packIds: packs.map(({ id }) => id),
    }))
    .reverse();
}

async function alertRecords({ stores, clock }: CollectParts, question: Question): Promise<Collected['alerts']> {
  const { from, to } = question.query;
  const events = (await stores.alerts.events({ limit: mostRecords }))
    .filter(
      ({ createdAt, connectionId }) =>
        createdAt >= from && createdAt < to && (connectionId === undefined || inScope(question, connectionId)),
    )
    .map(({ connectionId, ...event }) => ({
      ...event,
      ...(connectionId === undefined ? {} : { connection: question.nameOf(connectionId) }),
    }))
    .reverse();
  const { rules, states } = await alertRules(stores, question, clock);
  return { events, rules, states };
}

/** The rules, and how each stands on each connection at this moment; nothing is evaluated for it but looked at. */
async function alertRules(
  stores: CollectParts['stores'],
  question: Question,
  clock: Clock,
): Promise<Pick<Collected['alerts'], 'rules' | 'states'>> {
  const [rules, evaluation] = await Promise.all([
    stores.alerts.rules(),
    stores.alerts.evaluate({ nowMs: clock.wallMs(), fence: null, goneAfterMs, all: true }),
  ]);
  const states = evaluation.states
    .filter(({ connectionId }) => inScope(question, connectionId))
    .slice(0, mostRecords)
    .map(({ ruleId, connectionId, state, overlay, value, sinceMs }) => ({
      ruleId,
      connection: question.nameOf(connectionId),
      state,
      ...(overlay === null ? {} : { overlay }),
      ...(value === null ? {} : { value }),
      since: isoAt(sinceMs),
    }));
  // `*` means all: only what names something is of use.
  const scoped = rules.map(({ scope, ...rule }) => ({
    ...rule,
    scope: Object.fromEntries(Object.entries(scope).filter(([, named]) => Array.isArray(named))),
  }));
  return { rules: scoped, states };
}

async function diagnosticRecords(parts: CollectParts, question: Question): Promise<unknown[]> {
  const { host, connections, trust, stores, clock } = parts;
  const views = connections.views().filter(({ summary }) => inScope(question, summary.uid));
  const ready = trust.isTrusted() ? views.filter(({ state }) => state.kind === 'ready') : [];
  const servers = await Promise.all(
    ready.map(({ summary }) => serverDiagnostics(parts, summary.uid, question.nameOf(summary.uid))),
  );
  return [
    {
      record: 'app',
      ...host,
      trusted: trust.isTrusted(),
      storeHealth: stores.health().kind,
      collectedAt: isoTime(clock),
    },
    ...views.map((view) => connectionRecord(view, question.nameOf(view.summary.uid))),
    ...servers.flat(),
    ...(await packRecords(parts, question)),
    ...(await coverageRecords(parts, question, views)),
  ];
}

function connectionRecord({ summary, entry, state, server }: ConnectionView, connection: string): unknown {
  const definition = entry.usable ? entry.definition : undefined;
  return {
    record: 'connection',
    connection,
    name: summary.name,
    environment: summary.environment,
    readOnly: summary.readOnly,
    scope: summary.scope,
    state: state.kind,
    ...(summary.cause === undefined ? {} : { cause: summary.cause }),
    ...(definition === undefined
      ? {}
      : {
          destination: destination(definition),
          tls: definition.tls.enabled,
          ssh: definition.ssh !== undefined,
          db: definition.db,
          tags: definition.tags,
          timeoutMs: definition.timeoutMs,
          retry: definition.retry,
        }),
    ...(server === undefined
      ? {}
      : { mode: server.mode, serverVersion: server.version, role: server.role, user: server.user }),
    ...(summary.capabilities === undefined
      ? {}
      : {
          capabilities: Object.fromEntries(
            Object.entries(summary.capabilities).map(([name, available]) => [name, { available }]),
          ),
        }),
  };
}

/** Packs of the store and of settings, with where they hold; those that cannot be read hold everything back. */
async function packRecords({ governance }: CollectParts, question: Question): Promise<unknown[]> {
  const { packs, unreadable } = await governance.overview();
  return [
    ...packs.map(({ pack, connections }) => ({
      record: 'pack',
      id: pack.id,
      name: pack.name,
      description: pack.description,
      environments: pack.environments,
      maxWorkflowItems: pack.maxWorkflowItems,
      maxRetryAttempts: pack.maxRetryAttempts,
      schedulingEnabled: pack.schedulingEnabled,
      executionWindows: pack.executionWindows,
      enabled: pack.enabled,
      connections: connections.filter(({ uid }) => inScope(question, uid)).map(({ uid }) => question.nameOf(uid)),
    })),
    ...unreadable.map(({ problem }) => ({
      record: 'problem',
      what: 'policy',
      code: 'VALIDATION_ERROR',
      reason: problem,
    })),
  ];
}

/** How much of the range was watched, and what our own operations were. */
async function coverageRecords(
  { stores }: CollectParts,
  { query, nameOf }: Question,
  views: readonly ConnectionView[],
): Promise<unknown[]> {
  return Promise.all(
    views.map(async ({ summary }) => {
      const period = await stores.history.families({
        from: query.from,
        to: query.to,
        connectionIds: [summary.uid],
        sketches: false,
      });
      return {
        record: 'coverage',
        connection: nameOf(summary.uid),
        coverage: Math.round(period.coverage * 10_000) / 10_000,
        operations: Object.fromEntries(period.families.map(({ family, operations }) => [family, operations])),
      };
    }),
  );
}
