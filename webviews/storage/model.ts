import { signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { Dataset, KeptDataset } from '../../src/domain/retention/dataset.ts';
import type { RetentionPolicy } from '../../src/domain/retention/policy.ts';
import type { PurgePlan, PurgeResult } from '../../src/domain/retention/purge.ts';
import type { StorageReport } from '../../src/domain/retention/report.ts';
import type { StorageAct, StorageContract, StorageFocus, StorageSnapshot } from '../../src/protocol/storage.ts';
import { connectToHost, keepState, keptState } from '../host.ts';
import { setHostNow } from '../ui/hostClock.ts';
import { loadInto, loadWhenShown } from '../ui/pageModel.ts';

const host = connectToHost<StorageContract>();

/** What stands open below a dataset. */
export interface Opened extends StorageFocus {
  /** Whole days that a purge by hand goes back to; null = as the policy says. */
  readonly olderThanDays: number | null;
}

/** null until the host answered. */
export const report = signal<StorageReport | null>(null);
export const failure = signal<Failure | null>(null);
export const opened = signal<Opened | null>(keptOpened());
/** Of the opened dataset; null while it is made. */
export const plan = signal<PurgePlan | null>(null);
export const planning = signal(false);
export const progress = signal<{ readonly rows: number; readonly planned: number } | null>(null);
/** What the last purge did. */
export const done = signal<{ readonly dataset: KeptDataset; readonly result: PurgeResult } | null>(null);
export const policyFailure = signal<Failure | null>(null);
/** Something is on its way, so that a second click does nothing. */
export const busy = signal(false);

let lastAsked = 0;

function keptOpened(): Opened | null {
  const kept = keptState();
  const found: unknown = typeof kept === 'object' && kept !== null ? Reflect.get(kept, 'opened') : null;
  return typeof found === 'object' && found !== null ? (found as Opened) : null;
}

export function start(): void {
  host.on('snapshot', show);
  host.on('progress', ({ planId, rows, planned }) => {
    if (plan.peek()?.planId === planId) progress.value = { rows, planned };
  });
  void loadWhenShown(load).then(() => {
    const kept = opened.peek();
    if (kept !== null && plan.peek() === null) open(kept);
  });
}

export function load(): Promise<void> {
  return loadInto(failure, () => host.request('ready', {}), show);
}

function show({ report: next, focus }: StorageSnapshot): void {
  setHostNow(Date.parse(next.generatedAt));
  report.value = next;
  if (focus !== null) open({ ...focus, olderThanDays: null });
}

export function open(next: Opened): void {
  opened.value = next;
  keepState({ opened: next });
  done.value = null;
  policyFailure.value = null;
  if (next.open === 'plan') void makePlan(next);
}

export function close(): void {
  opened.value = null;
  plan.value = null;
  keepState({});
}

/** A dry run. Of several that were asked for one after another, the last one counts. */
async function makePlan({ dataset, olderThanDays }: Opened): Promise<void> {
  const asked = ++lastAsked;
  plan.value = null;
  planning.value = true;
  failure.value = null;
  try {
    const made = await host.request('plan', { dataset, ...(olderThanDays === null ? {} : { olderThanDays }) });
    if (asked === lastAsked) plan.value = made;
  } catch (error) {
    if (asked === lastAsked) failure.value = asFailure(error);
  } finally {
    if (asked === lastAsked) planning.value = false;
  }
}

async function doing(work: () => Promise<void>): Promise<void> {
  if (busy.peek()) return;
  busy.value = true;
  failure.value = null;
  try {
    await work();
  } catch (error) {
    failure.value = asFailure(error);
  } finally {
    busy.value = false;
    progress.value = null;
    void load();
  }
}

export function purge({ planId, dataset, rows }: PurgePlan): Promise<void> {
  return doing(async () => {
    progress.value = { rows: 0, planned: rows };
    const result = await host.request('purge', { planId });
    close();
    done.value = { dataset, result };
  });
}

export function undo(purgeId: string): Promise<void> {
  return doing(async () => {
    await host.request('undo', { purgeId });
    done.value = null;
  });
}

export async function savePolicy(policy: RetentionPolicy & { readonly dataset: Dataset }): Promise<void> {
  policyFailure.value = null;
  try {
    await host.request('savePolicy', policy);
    close();
  } catch (error) {
    policyFailure.value = asFailure(error);
  }
  void load();
}

export function act(what: StorageAct): Promise<void> {
  return doing(() => host.request('act', { act: what }));
}
