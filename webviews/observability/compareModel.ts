import { effect, signal, untracked } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { CompareUpdate } from '../../src/domain/observability/compare.ts';
import { hostNowMs } from '../ui/hostClock.ts';
import type { Period, Periods } from './link.ts';
import { connection, currentWindow, host, linkedPeriods, range, tab } from './model.ts';

export type Pick = 'hourBefore' | 'yesterday' | 'lastWeek' | 'custom';

const HOUR = 3_600_000;
const backBy: Readonly<Record<Exclude<Pick, 'custom'>, number>> = {
  hourBefore: HOUR,
  yesterday: 24 * HOUR,
  lastWeek: 7 * 24 * HOUR,
};

export const picked = signal<Pick>('hourBefore');
/** What is compared, or will be. */
export const periods = signal<Periods | null>(null);
export const update = signal<CompareUpdate | null>(null);
export const compareFailure = signal<Failure | null>(null);
export const comparing = signal(false);
/** The courses of both periods, for the overlay. */
export const courses = signal<{ readonly baseline: ConnectionCharts; readonly compare: ConnectionCharts } | null>(null);

function hourBack(pick: Exclude<Pick, 'custom'>): Periods {
  const toMs = Math.floor(Date.parse(currentWindow().to) / 1000) * 1000;
  const endMs = range.peek().kind === 'last' ? toMs : hostNowMs();
  const compare = { fromMs: endMs - HOUR, toMs: endMs };
  const by = backBy[pick];
  return { compare, baseline: { fromMs: compare.fromMs - by, toMs: compare.toMs - by } };
}

/** The chosen range against as much time just before it: a start for one's own choice. */
function ownStart(): Periods {
  const { from, to } = currentWindow();
  const [fromMs, toMs] = [Date.parse(from), Math.floor(Date.parse(to) / 1000) * 1000];
  return { compare: { fromMs, toMs }, baseline: { fromMs: 2 * fromMs - toMs, toMs: fromMs } };
}

export function pick(next: Pick): void {
  picked.value = next;
  periods.value = next === 'custom' ? (periods.peek() ?? ownStart()) : hourBack(next);
  if (next !== 'custom') void run();
}

let running: AbortController | undefined;
let token = '';

export function stop(): void {
  running?.abort();
}

const instants = ({ fromMs, toMs }: Period): { readonly from: string; readonly to: string } => ({
  from: new Date(fromMs).toISOString(),
  to: new Date(toMs).toISOString(),
});

export async function run(): Promise<void> {
  const shown = connection.peek();
  const chosen = periods.peek();
  if (shown === null || chosen === null) return;
  running?.abort();
  const abort = new AbortController();
  running = abort;
  token = crypto.randomUUID();
  update.value = null;
  courses.value = null;
  compareFailure.value = null;
  comparing.value = true;
  const windows = { baseline: instants(chosen.baseline), compare: instants(chosen.compare) };
  try {
    await host.request('compare', { token, connectionId: shown.id, ...windows }, abort.signal);
    const [baseline, compare] = await Promise.all(
      [windows.baseline, windows.compare].map((window) =>
        host.request('overview', { connectionId: shown.id, ...window }, abort.signal),
      ),
    );
    if (baseline !== undefined && compare !== undefined) courses.value = { baseline, compare };
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') compareFailure.value = failure;
  } finally {
    if (running === abort) comparing.value = false;
  }
}

function compareLinked(linked: Periods): void {
  linkedPeriods.value = null;
  picked.value = 'custom';
  periods.value = linked;
  void run();
}

export function startCompare(): void {
  host.on('compared', (step) => {
    if (step.token === token) update.value = step.update;
  });
  let shownFor: string | null = null;
  effect(() => {
    const id = connection.value?.id ?? null;
    const linked = linkedPeriods.value;
    if (tab.value !== 'compare' || id === null || (id === shownFor && linked === null)) return;
    shownFor = id;
    if (linked !== null) {
      untracked(() => compareLinked(linked));
      return;
    }
    untracked(() => pick(picked.peek()));
    if (picked.peek() === 'custom') untracked(() => void run());
  });
}
