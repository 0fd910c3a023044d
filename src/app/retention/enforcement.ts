import { asFailure } from '../../domain/failure.ts';
import { formatBytes, formatCount, formatPercent } from '../../domain/format.ts';
import { confirmClock, observeClock, type ClockGuard } from '../../domain/retention/clockGuard.ts';
import { datasetTitles, purgeOrder, type KeptDataset } from '../../domain/retention/dataset.ts';
import { ageCutoff, purgeTo, warnAt } from '../../domain/retention/policy.ts';
import { takesTooMuch } from '../../domain/retention/purge.ts';
import { unmetWords, type EnforcementStatus, type HeldPurge, type UnmetBudget } from '../../domain/retention/report.ts';
import type { JobLeases } from '../leases/jobLeases.ts';
import { SoleJob } from '../leases/soleJob.ts';
import type { AlertEvents } from '../ports/alertEvents.ts';
import { isoAt, type Clock } from '../ports/clock.ts';
import type { Log } from '../ports/environment.ts';
import type { DatasetUsage, RetentionStore, StoreUsage } from '../ports/retention.ts';
import type { StoreHealth } from '../ports/stores.ts';
import type { RetentionService } from './retentionService.ts';

/** How often budgets are looked at, and by age everything. */
const lookMs = 60_000;
const hourMs = 3_600_000;
/** The trusted moment is saved so often. */
const savedEveryMs = 10 * 60_000;
/** A warning may come again when a dataset fell below this share meanwhile. */
const calmBelow = 0.85;

export interface EnforcementParts {
  readonly service: RetentionService;
  readonly store: RetentionStore;
  readonly alerts: AlertEvents;
  readonly leases: JobLeases;
  readonly health: () => StoreHealth;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps datasets within their limits, in one window for all: when it starts, every hour, and when a budget is crossed. What
 * was interrupted goes on, what is past its undo goes for good.
 */
export class Enforcement {
  readonly #parts: EnforcementParts;
  readonly #job: SoleJob;
  #timer: { dispose(): void } | undefined;
  #running: Promise<void> | undefined;
  #lastByAgeMs: number | null = null;
  #paused: KeptDataset | null = null;
  #disposed = false;

  constructor(parts: EnforcementParts) {
    this.#parts = parts;
    this.#job = new SoleJob(parts, parts.leases, {
      name: 'retention',
      begin: () => (this.#lastByAgeMs = null),
      end: () => undefined,
    });
  }

  /** Begins after `delayMs`, when the window has started. */
  start(delayMs: number): void {
    this.#timer = this.#parts.clock.after(delayMs, () => void this.#job.start().then(() => this.#look()));
  }

  /** Whether a dataset is not collected at the moment, because a budget cannot be met. */
  isPaused(dataset: KeptDataset): boolean {
    return this.#paused === dataset;
  }

  /** A person says that the clock is right: what goes by age goes again. */
  async confirmClock(): Promise<void> {
    const { store, clock } = this.#parts;
    await store.saveState('clock', confirmClock(clock.wallMs()));
    // Otherwise the window that has the job sees it within a minute.
    if (this.#job.isHere) await this.enforce({ byAge: true });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#timer?.dispose();
    await this.#running;
    await this.#job.dispose();
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#parts;
    if (this.#disposed) return;
    this.#running = this.#turn().catch((error: unknown) => {
      log.warn('retention not enforced', { code: asFailure(error).code });
    });
    await this.#running;
    if (!this.#disposed) this.#timer = clock.after(lookMs, () => void this.#look());
  }

  async #turn(): Promise<void> {
    const { service, clock, health } = this.#parts;
    if (!this.#job.isHere) {
      this.#paused = (await service.status()).paused;
      return;
    }
    if (health().kind === 'unavailable') return;
    const last = this.#lastByAgeMs;
    const byAge = last === null || clock.monoMs() - last >= hourMs;
    if (byAge) this.#lastByAgeMs = clock.monoMs();
    await this.enforce({ byAge });
  }

  /** One look at everything. Purges by age only when asked for, and never while the clock is not trusted. */
  async enforce(asked: { readonly byAge: boolean }): Promise<EnforcementStatus> {
    const { service, store, health } = this.#parts;
    // Where the disk is full, room comes first: nothing else could be saved.
    if (health().kind !== 'ready') await service.sweep(true);
    const guard = await this.#observeClock();
    await this.#goOn();
    if (guard.suspended === null) await service.sweep(false);
    const before = await service.status();
    const byAge = asked.byAge || (before.clock !== null && guard.suspended === null);
    const held =
      guard.suspended !== null ? [] : byAge ? await this.#purgeByAge(purgeOrder) : await this.#stillHeld(before);
    if (byAge && guard.suspended === null) await service.trimRollups();
    const { datasets } = await this.#purgeBySize(await service.usage());
    await this.#noteDay(datasets);
    await this.#warn(datasets);
    const status = await this.#statusOf(datasets, guard, held);
    this.#paused = status.paused;
    if (JSON.stringify({ ...status, checkedAt: '' }) !== JSON.stringify({ ...before, checkedAt: '' }) || byAge) {
      await store.saveState('status', status);
      service.changed();
    }
    await this.#tellNews(status, before);
    return status;
  }

  async #observeClock(): Promise<ClockGuard> {
    const { store, clock, alerts } = this.#parts;
    const stored = (await store.state('clock')) as ClockGuard | null;
    const guard = observeClock(stored, clock.wallMs());
    const moved = stored === null || guard.seenMs - stored.seenMs >= savedEveryMs;
    const changed = stored !== null && (guard.suspended === null) !== (stored.suspended === null);
    if (moved || changed) await store.saveState('clock', guard);
    if (changed && guard.suspended !== null) {
      const { direction, nowMs } = guard.suspended;
      await alerts.raise({
        severity: 'warning',
        source: 'storage',
        title: `The clock jumped ${direction}`,
        message: `It went from ${isoAt(guard.seenMs)} to ${isoAt(nowMs)}. Nothing is deleted by age until you confirm the clock in the Storage panel, or it is set right.`,
      });
    }
    return guard;
  }

  /** Purges and undos that a crash, or a full disk, interrupted. */
  async #goOn(): Promise<void> {
    const { store, service } = this.#parts;
    for (const { purgeId, state, byPerson } of await store.purges()) {
      if (service.isDriving(purgeId)) continue;
      if (state === 'running') await service.purge(purgeId, { byPerson });
      if (state === 'undoing') await service.undoPurge(purgeId);
    }
  }

  /** @returns what waits for a person, because it is too much */
  async #purgeByAge(datasets: readonly KeptDataset[]): Promise<HeldPurge[]> {
    const { service } = this.#parts;
    const held: HeldPurge[] = [];
    for (const dataset of datasets) {
      const { autoPurgeOldest } = await service.limitsOf(dataset);
      const plan = autoPurgeOldest ? await this.#planByAge(dataset) : null;
      if (plan === null) continue;
      if (takesTooMuch(plan.rows, plan.of)) held.push({ dataset, rows: plan.rows, of: plan.of });
      else await service.purge(plan.planId, { byPerson: false });
    }
    return held;
  }

  /** What waited and still does. */
  async #stillHeld({ held }: EnforcementStatus): Promise<HeldPurge[]> {
    const still: HeldPurge[] = [];
    for (const { dataset } of held) {
      const plan = await this.#planByAge(dataset);
      if (plan !== null) still.push({ dataset, rows: plan.rows, of: plan.of });
    }
    return still;
  }

  /** @returns null when nothing is too old */
  async #planByAge(dataset: KeptDataset): Promise<{ planId: string; rows: number; of: number } | null> {
    const { service, clock } = this.#parts;
    const limits = await service.limitsOf(dataset);
    const rule = { cutoff: ageCutoff(limits, clock.wallMs()), downTo: null, budgetBytes: limits.budgetBytes };
    const { planId, rows } = await service.planWith(dataset, rule);
    if (rows === 0) return null;
    const of = (await service.usage()).datasets.find((used) => used.dataset === dataset)?.rows ?? rows;
    return { planId, rows, of };
  }

  /** The least important dataset first. @returns what is used then */
  async #purgeBySize(used: StoreUsage): Promise<StoreUsage> {
    const { service } = this.#parts;
    let purged = false;
    for (const dataset of purgeOrder) {
      const { autoPurgeOldest, budgetBytes } = await service.limitsOf(dataset);
      const bytes = used.datasets.find((one) => one.dataset === dataset)?.bytes ?? 0;
      if (!autoPurgeOldest || bytes <= budgetBytes) continue;
      const plan = await service.planWith(dataset, { cutoff: null, downTo: purgeTo, budgetBytes });
      if (plan.rows === 0) continue;
      await service.purge(plan.planId, { byPerson: false });
      purged = true;
    }
    return purged ? service.usage() : used;
  }

  async #noteDay(used: readonly DatasetUsage[]): Promise<void> {
    const { store, clock } = this.#parts;
    const wallMs = clock.wallMs();
    const noted = await store.state('noted');
    if (typeof noted === 'number' && Math.abs(wallMs - noted) < hourMs) return;
    await store.noteDay(isoAt(wallMs).slice(0, 10), used);
    await store.saveState('noted', wallMs);
  }

  /** Once per crossing of 90 %, over all windows and restarts. */
  async #warn(used: readonly DatasetUsage[]): Promise<void> {
    const { store, service, alerts } = this.#parts;
    const stored = await store.state('warned');
    const warned = new Set<unknown>(Array.isArray(stored) ? stored : []);
    const before = [...warned].join(' ');
    for (const { dataset, bytes } of used) {
      const { budgetBytes, autoPurgeOldest } = await service.limitsOf(dataset);
      const ratio = budgetBytes === 0 ? 0 : bytes / budgetBytes;
      if (ratio < calmBelow) warned.delete(dataset);
      if (ratio < warnAt || warned.has(dataset)) continue;
      warned.add(dataset);
      await alerts.raise({
        severity: 'warning',
        source: 'storage',
        title: `${datasetTitles[dataset]}: ${formatPercent(ratio)} of the budget`,
        message: `${formatBytes(bytes)} of ${formatBytes(budgetBytes)} are used. ${
          autoPurgeOldest
            ? 'At 100 % the oldest rows go until 80 % are left.'
            : 'Nothing is purged by itself, since that is switched off.'
        } Purge now, or raise the budget, in the Storage panel.`,
      });
    }
    if ([...warned].join(' ') !== before) await store.saveState('warned', [...warned]);
  }

  async #statusOf(
    used: readonly DatasetUsage[],
    guard: ClockGuard,
    held: readonly HeldPurge[],
  ): Promise<EnforcementStatus> {
    const { service, clock } = this.#parts;
    const unmet: UnmetBudget[] = [];
    for (const { dataset, bytes, pinned } of used) {
      const { budgetBytes, autoPurgeOldest } = await service.limitsOf(dataset);
      if (bytes <= budgetBytes || !autoPurgeOldest) continue;
      const counts = new Map<UnmetBudget['pins'][number]['reason'], number>();
      for (const { reason } of pinned) counts.set(reason, (counts.get(reason) ?? 0) + 1);
      const pins = [...counts].map(([reason, count]) => ({ reason, count }));
      unmet.push({ dataset, overBytes: bytes - budgetBytes, pins });
    }
    const [least] = purgeOrder;
    return {
      checkedAt: isoAt(clock.wallMs()),
      clock: guard.suspended,
      held,
      unmet,
      paused: unmet.length > 0 && least !== undefined ? least : null,
    };
  }

  async #tellNews(status: EnforcementStatus, before: EnforcementStatus): Promise<void> {
    for (const { dataset, rows, of } of status.held) {
      if (before.held.some((one) => one.dataset === dataset)) continue;
      await this.#parts.alerts.raise({
        severity: 'warning',
        source: 'storage',
        title: `${datasetTitles[dataset]}: a purge waits for you`,
        message: `${formatCount(rows)} of ${formatCount(of)} are older than their days. That is more than half, so nothing is deleted before you review it in the Storage panel.`,
      });
    }
    for (const unmet of status.unmet) {
      if (before.unmet.some(({ dataset }) => dataset === unmet.dataset)) continue;
      await this.#parts.alerts.raise({
        severity: 'warning',
        source: 'storage',
        title: `${datasetTitles[unmet.dataset]}: ${unmetWords(unmet)}`,
        message:
          'What is pinned is never deleted. Samples are not collected until there is room: finish or cancel what pins, or raise the budget in the Storage panel.',
      });
    }
  }
}
