import type { AlertEvent } from './domain/alerts/event.ts';
import type { AlertRule, AlertRuleDraft } from './domain/alerts/rule.ts';
import type { AlertState, Backtest } from './domain/alerts/views.ts';
import type { ConnectionDraft, ConnectionSummary, Environment, Secret } from './domain/connections/definition.ts';
import type { Decision, RecordedDecision } from './domain/governance/decision.ts';
import type { PolicyPack, PolicyPackDraft } from './domain/governance/pack.ts';
import type {
  BundleVerdict,
  ExportJob,
  IncidentBundle,
  IncidentPreview,
  IncidentRequest,
} from './domain/incidents/definition.ts';
import type { Key } from './domain/keys/key.ts';
import type { KeyInfo, KeyValue, RedisType, SnapshotInfo } from './domain/keys/types.ts';
import type { ActivitySource, KeyspaceActivity } from './domain/observability/activity.ts';
import type { CompareUpdate } from './domain/observability/compare.ts';
import type { FailedOperation } from './domain/observability/failures.ts';
import type { Overview } from './domain/observability/overview.ts';
import type { ObservabilitySnapshot } from './domain/observability/snapshot.ts';
import type { KeptDataset } from './domain/retention/dataset.ts';
import type { RetentionPolicy } from './domain/retention/policy.ts';
import type { PurgePlan, PurgeResult } from './domain/retention/purge.ts';
import type { StorageSummary } from './domain/retention/report.ts';
import type { EventStatus, HistoryEvent } from './domain/timeline/event.ts';
import type { WorkflowTemplate, WorkflowTemplateDraft } from './domain/workflows/builtIns.ts';
import type { RetryPolicy, RunState, WorkflowKind } from './domain/workflows/definition.ts';
import type { PlanItem, WorkflowPlan, WorkflowRun } from './domain/workflows/views.ts';

/**
 * What `vscode.extensions.getExtension('cachify.cachify-studio').exports` gives: the same use cases that commands,
 * trees and panels call. Failures reject with `{ code, message, retryable, details? }`; inputs are validated.
 * `docs/api.md` describes it for its users.
 */
export interface CachifyApi {
  readonly version: 1;
  readonly connections: ConnectionsApi;
  readonly keys: KeysApi;
  readonly workflows: WorkflowsApi;
  readonly governance: GovernanceApi;
  readonly observability: ObservabilityApi;
  readonly alerts: AlertsApi;
  readonly incidents: IncidentsApi;
  readonly retention: RetentionApi;
}

export interface ConnectionsApi {
  list(): Promise<ConnectionSummary[]>;
  add(draft: ConnectionDraft, options?: { secret?: Secret; scope?: 'user' | 'workspace' }): Promise<ConnectionSummary>;
  /** A field that is absent stays; an absent secret keeps the stored one. */
  update(id: string, draft: Partial<ConnectionDraft>, options?: { secret?: Secret }): Promise<ConnectionSummary>;
  remove(id: string): Promise<void>;
  test(target: { id: string } | { draft: ConnectionDraft; secret?: Secret }): Promise<ConnectionTest>;
  connect(id: string): Promise<void>;
  disconnect(id: string): Promise<void>;
  /** Break-glass: `reason` of 10 characters or more, `minutes` 1-120 (default 15). */
  unlock(id: string, request: { reason: string; minutes?: number }): Promise<{ until: string }>;
  lock(id: string): Promise<void>;
  /** Allows, on this machine, what a shared entry asks for and what is held back until then (see docs/connections.md). */
  approve(id: string): Promise<ConnectionSummary>;
}

export interface ConnectionTest {
  readonly latencyMs: number;
  readonly serverVersion: string;
  readonly mode: 'standalone' | 'sentinel' | 'cluster';
  readonly user: string;
  readonly capabilities: Record<string, boolean>;
}

export interface KeysApi {
  /** A page of keys; `cursor` absent in the answer = the keyspace is covered. `scanned` of `total` keys were looked at. */
  scan(q: {
    connectionId: string;
    pattern?: string;
    type?: string;
    limit?: number;
    cursor?: string;
    signal?: AbortSignal;
  }): Promise<{ keys: KeyInfo[]; cursor?: string; scanned: number; total: number }>;
  count(q: {
    connectionId: string;
    pattern: string;
    signal?: AbortSignal;
  }): Promise<{ matched: number; scanned: number }>;
  /** Null when there is no such key. */
  read(q: { connectionId: string; key: Key; maxBytes?: number }): Promise<KeyValue | null>;
  /** Absent `ttlMs` keeps the TTL, null clears it. `ifVersion` refuses with CONFLICT when the content is another. */
  write(q: {
    connectionId: string;
    key: Key;
    type: RedisType;
    value: unknown;
    ttlMs?: number | null;
    ifVersion?: string;
    confirm?: string;
  }): Promise<{ version: string; snapshotId?: string }>;
  remove(q: {
    connectionId: string;
    keys: Key[];
    confirm?: string;
  }): Promise<{ removed: number; snapshotIds: string[] }>;
  rename(q: { connectionId: string; key: Key; to: Key; overwrite?: boolean; confirm?: string }): Promise<void>;
  setTtl(q: { connectionId: string; key: Key; ttlMs: number | null }): Promise<void>;
  /** A guarded raw command; bytes that are not UTF-8 come back as `Uint8Array`. */
  command(q: { connectionId: string; args: (string | Uint8Array)[]; confirm?: string }): Promise<unknown>;
  /** URI of the key's `cachify:` document. */
  uri(q: { connectionId: string; key: Key }): string;
  snapshots(q: { connectionId: string; key?: Key; limit?: number }): Promise<SnapshotInfo[]>;
  restore(q: { snapshotId: string; overwrite?: boolean; confirm?: string }): Promise<void>;
}

export interface WorkflowsApi {
  /** Built-in ones first. */
  templates(): Promise<WorkflowTemplate[]>;
  /** Parameters are checked; an `id` changes that template. */
  saveTemplate(t: WorkflowTemplateDraft & { id?: string }): Promise<WorkflowTemplate>;
  removeTemplate(id: string): Promise<void>;
  /** A dry run: exactly the items that `start` would touch; nothing changes on the server. */
  plan(q: {
    connectionId: string;
    templateId?: string;
    kind?: WorkflowKind;
    parameters?: Record<string, unknown>;
    signal?: AbortSignal;
  }): Promise<WorkflowPlan>;
  planItems(q: { runId: string; cursor?: string; limit?: number }): Promise<{ items: PlanItem[]; cursor?: string }>;
  /** Resolves when the run has started. */
  start(q: { runId: string; confirm?: string; retry?: RetryPolicy }): Promise<WorkflowRun>;
  /** Resolves at the next state that is not `running`. */
  wait(runId: string): Promise<WorkflowRun>;
  /** Resolves when the batch in hand is finished and the run stands still. */
  pause(runId: string): Promise<WorkflowRun>;
  cancel(runId: string): Promise<WorkflowRun>;
  /** Goes on in a new run; `token` must be the newest checkpoint's when given. */
  resume(q: { runId: string; token?: string; confirm?: string }): Promise<WorkflowRun>;
  rerun(q: { runId: string; parameters?: Record<string, unknown> }): Promise<WorkflowPlan>;
  /** Restores what nobody changed since. */
  undo(q: { runId: string; confirm?: string }): Promise<{ restored: number; conflicts: number }>;
  /** Starts once, when the policy's window opens; now when it is open. */
  schedule(q: { runId: string; confirm?: string }): Promise<WorkflowRun>;
  resolveInDoubt(q: { runId: string; choice: 'treatAsDone' | 'redo' | 'stop' }): Promise<WorkflowRun>;
  runs(q?: { connectionId?: string; states?: RunState[]; limit?: number }): Promise<WorkflowRun[]>;
  run(runId: string): Promise<WorkflowRun | null>;
}

export interface GovernanceApi {
  /** Packs of the store and, in a trusted workspace, of the setting `cachify.policyPacks`. */
  packs(): Promise<PolicyPack[]>;
  /** An `id` changes that pack, which gets the next version; without one a new pack is made. */
  savePack(p: PolicyPackDraft & { id?: string }): Promise<PolicyPack>;
  /** What was decided under it stays readable. */
  removePack(id: string): Promise<void>;
  /** These packs and no others hold on the connection; warnings say what they hold back together. */
  assign(q: { connectionId: string; packIds: string[] }): Promise<{ warnings: string[] }>;
  assignments(): Promise<{ connectionId: string; packIds: string[] }[]>;
  /** Why an act would be blocked now (or at `at`) and when it opens. `action` is a method of this API. */
  explain(q: { connectionId: string; action: string; items?: number; at?: string }): Promise<Decision>;
  /** What a pack would have blocked of what was decided in [from, to). */
  replay(q: {
    pack: PolicyPackDraft;
    from: string;
    to: string;
  }): Promise<{ evaluated: number; wouldBlock: RecordedDecision[] }>;
  /** JSON; all packs of the store when `ids` is absent. */
  exportPacks(ids?: string[]): Promise<string>;
  /** All packs of the file or none. */
  importPacks(json: string): Promise<PolicyPack[]>;
  /** Newest first. */
  decisions(q?: {
    connectionId?: string;
    runId?: string;
    from?: string;
    to?: string;
    limit?: number;
  }): Promise<RecordedDecision[]>;
}

/** Half-open [from, to), UTC ISO-8601. */
export interface Window {
  readonly from: string;
  readonly to: string;
}

/** Both absent = all connections. */
export interface Scope {
  readonly connectionIds?: string[];
  readonly environments?: Environment[];
}

export interface ObservabilityApi {
  overview(q: Window & Scope): Promise<Overview>;
  timeline(
    q: Window &
      Scope & { actions?: string[]; statuses?: EventStatus[]; text?: string; cursor?: string; limit?: number },
  ): Promise<{ events: HistoryEvent[]; cursor?: string; total: number }>;
  sampleNow(connectionId: string): Promise<ObservabilitySnapshot>;
  /** Touched key patterns and when, from one source: sources are never mixed. */
  keyspaceActivity(
    q: Window & Scope & { source?: ActivitySource; buckets?: number; limit?: number; signal?: AbortSignal },
  ): Promise<KeyspaceActivity>;
  /** Failed operations, newest first, with attempts, related events and the newest sample at or before each. */
  failures(q: Window & Scope & { limit?: number }): Promise<FailedOperation[]>;
  /** Metrics as they are computed; the last update has `done: true`. Ending the iteration cancels. */
  compare(q: { baseline: Window; compare: Window; signal?: AbortSignal } & Scope): AsyncIterable<CompareUpdate>;
  /** Watches what all clients do for `seconds` (1-300); `signal` ends it early with what was seen until then. */
  watchActivity(q: {
    connectionId: string;
    source: 'notifications' | 'monitor';
    seconds: number;
    signal?: AbortSignal;
    confirm?: string;
  }): Promise<KeyspaceActivity>;
}

export interface AlertsApi {
  rules(): Promise<AlertRule[]>;
  /** An `id` changes that rule; changing what it judges begins anew, quietly. */
  saveRule(r: AlertRuleDraft & { id?: string }): Promise<AlertRule>;
  removeRule(id: string): Promise<void>;
  /** What the rule would have done over the stored history of the connections in its scope (at most 50). */
  backtest(q: { rule: AlertRuleDraft; from: string; to: string }): Promise<Backtest>;
  /** One aligned evaluation now, or as of `at`; every rule on every watched connection in its scope. */
  evaluate(at?: string): Promise<AlertState[]>;
  events(q?: { unreadOnly?: boolean; limit?: number }): Promise<AlertEvent[]>;
  markRead(ids: string[] | 'all'): Promise<void>;
  /** 0 minutes ends it; without `connectionId` on all connections. */
  snooze(q: { ruleId: string; connectionId?: string; minutes: number }): Promise<void>;
  /** All rules without `ids`. */
  exportRules(ids?: string[]): Promise<string>;
  /** All or none; a name that is taken gets a number. */
  importRules(json: string): Promise<AlertRule[]>;
}

export interface IncidentsApi {
  /** Exactly what an export would write; holds for ten minutes, whatever happens meanwhile. */
  preview(q: IncidentRequest): Promise<IncidentPreview>;
  /** Resolves when it has begun. `target`: an absolute path, or a `file:` URI, at which nothing exists. */
  export(q: { previewId: string; target: string }): Promise<ExportJob>;
  job(id: string): Promise<ExportJob>;
  jobs(limit?: number): Promise<ExportJob[]>;
  /** Resolves when the job is no longer at work. */
  wait(id: string): Promise<ExportJob>;
  cancel(id: string): Promise<ExportJob>;
  /** Goes on with an interrupted export, from the last piece that is on disk. */
  resume(id: string): Promise<ExportJob>;
  bundles(limit?: number): Promise<IncidentBundle[]>;
  /** Recomputes everything of a bundle's zip, offline, and names each file that is not as it was. */
  verify(path: string): Promise<BundleVerdict>;
  /** Removes a bundle from the history; its file stays. */
  removeBundle(id: string): Promise<void>;
}

export interface RetentionApi {
  /** One per dataset; the default where none was saved. */
  policies(): Promise<RetentionPolicy[]>;
  savePolicy(p: RetentionPolicy): Promise<RetentionPolicy>;
  summary(): Promise<StorageSummary>;
  /** A dry run: what is older than `olderThan`, or what the policy says. Good for ten minutes. Changes nothing. */
  planPurge(q: { dataset: KeptDataset; olderThan?: string }): Promise<PurgePlan>;
  /** Deletes what the plan said and nothing pins; safe to repeat. It can be undone for two hours. */
  purge(planId: string): Promise<PurgeResult>;
  undoPurge(purgeId: string): Promise<{ restoredRows: number }>;
  /** Writes a plain SQLite file, without the values of key snapshots. `target` is an absolute path at which nothing exists. */
  exportDatabase(target: string): Promise<void>;
  /** Reads all files of the local store and proves them; problems are sentences. */
  verify(): Promise<{ ok: boolean; problems: string[] }>;
  /** Brings over a store of the desktop program, which is never changed; importing twice adds nothing twice. */
  importDesktop(
    path: string,
    options?: { scope?: 'user' | 'workspace'; dryRun?: boolean },
  ): Promise<Record<string, { found: number; imported: number; skipped: number }>>;
}
