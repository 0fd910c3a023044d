import { Failure, asFailure, validationFailure } from '../../domain/failure.ts';
import { datasets, type KeptDataset } from '../../domain/retention/dataset.ts';
import type { ClockGuard } from '../../domain/retention/clockGuard.ts';
import { growthOf } from '../../domain/retention/growth.ts';
import type { Pin } from '../../domain/retention/pins.ts';
import {
  ageCutoff,
  megabyte,
  policiesOf,
  policyProblem,
  purgeTo,
  type RetentionPolicy,
} from '../../domain/retention/policy.ts';
import type { PurgePlan, PurgeResult } from '../../domain/retention/purge.ts';
import {
  summaryOf,
  unchecked,
  type DatasetReport,
  type EnforcementStatus,
  type StorageReport,
  type StorageSummary,
} from '../../domain/retention/report.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Log, Settings } from '../ports/environment.ts';
import type { PinSource } from '../ports/pins.ts';
import type { FileUse, KeptFiles, PurgeRecord, RetentionStore, StoreUsage } from '../ports/retention.ts';
import type { StoreHealth } from '../ports/stores.ts';

/** How long roll-ups are kept: a year can be compared with the one before. */
const rollupsMs = 400 * 86_400_000;
/** How long a purge can be undone. */
const undoMs = 2 * 3_600_000;

export interface RetentionParts {
  readonly store: RetentionStore;
  readonly pinSources: readonly PinSource[];
  readonly files: readonly KeptFiles[];
  readonly settings: Pick<Settings, 'number'>;
  readonly health: () => StoreHealth;
  readonly clock: Clock;
  readonly log: Log;
}

/** The limits of one dataset, wherever they stand: policies, or settings for key snapshots. */
export interface Limits {
  readonly retentionDays: number;
  readonly budgetBytes: number;
  readonly autoPurgeOldest: boolean;
}

/** Rows purged so far, of those that were planned. */
export type OnProgress = (rows: number, planned: number) => void;

/** What is kept and for how long: reported, purged by plan, undone. */
export class RetentionService {
  readonly #parts: RetentionParts;
  readonly #listeners = new Set<() => void>();
  /** Purges that this window works on: nobody else takes them up meanwhile. */
  readonly #driving = new Map<string, Promise<PurgeResult>>();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async policies(): Promise<RetentionPolicy[]> {
    return policiesOf(await this.#parts.store.policies());
  }

  /** @throws Failure VALIDATION_ERROR with `details.path` */
  async savePolicy(policy: RetentionPolicy): Promise<RetentionPolicy> {
    const problem = policyProblem(policy);
    if (problem !== null) throw problem;
    await this.#parts.store.savePolicy(policy);
    this.changed();
    return policy;
  }

  async limitsOf(dataset: KeptDataset): Promise<Limits> {
    if (dataset === 'keySnapshots') {
      const { settings } = this.#parts;
      return {
        retentionDays: settings.number('keys.snapshotDays'),
        budgetBytes: settings.number('keys.snapshotBudgetMb') * megabyte,
        autoPurgeOldest: true,
      };
    }
    const policy = (await this.policies()).find((one) => one.dataset === dataset);
    if (policy === undefined) throw validationFailure('dataset', `dataset must be one of ${datasets.join(', ')}.`);
    const { retentionDays, storageBudgetMb, autoPurgeOldest } = policy;
    return { retentionDays, budgetBytes: storageBudgetMb * megabyte, autoPurgeOldest };
  }

  async pins(): Promise<Pin[]> {
    return (await Promise.all(this.#parts.pinSources.map((source) => source.pins()))).flat();
  }

  async files(dataset?: KeptDataset): Promise<FileUse[]> {
    const sources = this.#parts.files.filter((source) => dataset === undefined || source.dataset === dataset);
    const lists = await Promise.all(
      sources.map(async (source) => (await source.list()).map((use) => ({ dataset: source.dataset, ...use }))),
    );
    return lists.flat();
  }

  async usage(): Promise<StoreUsage> {
    const [pins, files] = await Promise.all([this.pins(), this.files()]);
    return this.#parts.store.usage({ pins, files });
  }

  async status(): Promise<EnforcementStatus> {
    const stored = await this.#parts.store.state('status');
    return stored === null ? unchecked : (stored as EnforcementStatus);
  }

  /** Everything that the panel and the view show. */
  async report(): Promise<StorageReport> {
    const [usage, purges, status, files] = await Promise.all([
      this.usage(),
      this.#parts.store.purges(),
      this.status(),
      this.files(),
    ]);
    const now = isoTime(this.#parts.clock);
    return {
      generatedAt: now,
      datasets: await Promise.all(usage.datasets.map((one) => this.#datasetReport(one, usage))),
      fileBytes: usage.fileBytes + files.reduce((sum, { bytes }) => sum + bytes, 0),
      asideBytes: usage.asideBytes,
      rollupBytes: usage.rollupBytes,
      undoable: purges.filter(({ state, undoUntil }) => state === 'done' && undoUntil > now),
      status,
    };
  }

  async #datasetReport(used: StoreUsage['datasets'][number], usage: StoreUsage): Promise<DatasetReport> {
    const limits = await this.limitsOf(used.dataset);
    const today = isoTime(this.#parts.clock).slice(0, 10);
    const before = usage.days.filter(({ dataset, day }) => dataset === used.dataset && day < today);
    const days = [...before.map(({ day, bytes }) => ({ day, bytes })), { day: today, bytes: used.bytes }];
    return { ...used, ...limits, days, growth: growthOf(days, limits.budgetBytes) };
  }

  async summary(): Promise<StorageSummary> {
    return summaryOf(await this.report());
  }

  /**
   * A dry run: rows older than `olderThan`; without it, those older than the policy's days and, when the dataset is over its
   * budget, the oldest until 80 % of it are left. Changes nothing.
   *
   * @throws Failure BLOCKED when ages cannot be trusted, because the clock jumped
   */
  async planPurge(query: { readonly dataset: KeptDataset; readonly olderThan?: string }): Promise<PurgePlan> {
    const { dataset, olderThan } = query;
    const { clock, store } = this.#parts;
    const limits = await this.limitsOf(dataset);
    if (olderThan !== undefined && Date.parse(olderThan) > clock.wallMs()) {
      throw validationFailure('olderThan', 'olderThan must not be in the future.');
    }
    const guard = (await store.state('clock')) as ClockGuard | null;
    if (olderThan === undefined && guard !== null && guard.suspended !== null) throw clockJumped();
    return this.planWith(dataset, {
      cutoff: olderThan === undefined ? ageCutoff(limits, clock.wallMs()) : new Date(olderThan).toISOString(),
      downTo: olderThan === undefined ? purgeTo : null,
      budgetBytes: limits.budgetBytes,
    });
  }

  async planWith(
    dataset: KeptDataset,
    rule: { readonly cutoff: string | null; readonly downTo: number | null; readonly budgetBytes: number },
  ): Promise<PurgePlan> {
    const [pins, files] = await Promise.all([this.pins(), this.files(dataset)]);
    return this.#parts.store.plan({ dataset, ...rule, pins, files });
  }

  /**
   * Deletes what a plan said and nothing pins by now; a repeated call goes on where the first one stopped.
   *
   * @throws Failure CONFLICT when the plan is no longer good: nothing is deleted then
   */
  purge(
    planId: string,
    options: { readonly byPerson?: boolean; readonly onProgress?: OnProgress } = {},
  ): Promise<PurgeResult> {
    const known = this.#driving.get(planId);
    if (known !== undefined) return known;
    const driving = this.#purge(planId, options).finally(() => this.#driving.delete(planId));
    this.#driving.set(planId, driving);
    return driving;
  }

  isDriving(purgeId: string): boolean {
    return this.#driving.has(purgeId);
  }

  async #purge(
    planId: string,
    { byPerson = true, onProgress }: { readonly byPerson?: boolean; readonly onProgress?: OnProgress },
  ): Promise<PurgeResult> {
    const { store, log } = this.#parts;
    const hasRoom = this.#parts.health().kind === 'ready';
    const record = await store.begin({ planId, byPerson, undoMs: hasRoom ? undoMs : 0, pins: await this.pins() });
    const failed: { message: string }[] = [];
    let deletedRows = 0;
    try {
      for (let done = false; !done;) {
        ({ done, rows: deletedRows } = await store.step(record.purgeId));
        onProgress?.(deletedRows, record.rows);
      }
      if (record.undoUntil === record.startedAt) await this.sweep(true);
    } catch (error) {
      const failure = asFailure(error);
      log.warn('purge stopped', { kind: record.dataset, code: failure.code });
      failed.push({ message: failure.message });
    }
    return this.#result(record, deletedRows, failed);
  }

  async #result(record: PurgeRecord, deletedRows: number, failed: PurgeResult['failed']): Promise<PurgeResult> {
    const { store } = this.#parts;
    const { purgeId, dataset, startedAt } = record;
    const now = (await store.purges()).find((purge) => purge.purgeId === purgeId) ?? record;
    const { budgetBytes } = await this.limitsOf(dataset);
    const bytes = (await this.usage()).datasets.find((used) => used.dataset === dataset)?.bytes ?? 0;
    this.changed();
    return {
      purgeId,
      deletedRows,
      freedBytes: record.rows === 0 ? 0 : Math.round((record.bytes * deletedRows) / record.rows),
      failed,
      stillOverBy: Math.max(0, bytes - budgetBytes),
      undoUntil: now.undoUntil === startedAt ? null : now.undoUntil,
    };
  }

  /** @throws Failure CONFLICT when the two hours are over */
  async undoPurge(purgeId: string): Promise<{ restoredRows: number }> {
    for (;;) {
      const { done, rows } = await this.#parts.store.undoStep(purgeId);
      if (!done) continue;
      this.changed();
      return { restoredRows: rows };
    }
  }

  /** Roll-ups outlive rows by far, and not for ever. */
  async trimRollups(): Promise<void> {
    const { store, clock } = this.#parts;
    const before = Math.floor((clock.wallMs() - rollupsMs) / 1000);
    while (!(await store.trimRollups(before)).done);
  }

  /** Deletes everything that is kept, with its files, for all windows. There is no undo: export it before. */
  async reset(): Promise<void> {
    const { store, files } = this.#parts;
    await store.reset();
    for (const source of files) for (const { owner } of await source.list()) await source.remove(owner);
    await store.giveBack(false);
    this.changed();
  }

  /**
   * Lets go of what purges set aside whose time for undo is over; `now` = of all, because the disk is full. The files shrink
   * with it. @returns whether there was anything
   */
  async sweep(now: boolean): Promise<boolean> {
    const { store, files } = this.#parts;
    let swept = false;
    for (;;) {
      const { done, files: gone } = await store.sweepStep({ now });
      for (const { dataset, owner } of gone)
        for (const source of files) if (source.dataset === dataset) await source.remove(owner);
      if (done) break;
      swept = true;
    }
    if (swept || now) await store.giveBack(now);
    if (swept) this.changed();
    return swept;
  }
}

function clockJumped(): Failure {
  return new Failure('BLOCKED', 'The clock of this machine jumped, so ages cannot be trusted. Nothing was deleted.', {
    details: { rule: 'clock' },
    nextAction:
      'Set the clock right, or confirm it in the Storage panel. A plan with a date of your own works meanwhile.',
  });
}
