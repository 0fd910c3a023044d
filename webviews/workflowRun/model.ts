import { signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { RunAct, RunSnapshot, WorkflowRunContract } from '../../src/protocol/workflowRun.ts';
import { connectToHost, keepState } from '../host.ts';
import { keptId, loadInto, loadWhenShown } from '../ui/pageModel.ts';

const host = connectToHost<WorkflowRunContract>();

export interface ItemRow {
  readonly index: number;
  readonly name: string;
  readonly type: string;
}

/** null until the host answered; `none` = there is no such run. */
export const snapshot = signal<RunSnapshot | null | 'none'>(null);
export const failure = signal<Failure | null>(null);
export const items = signal<readonly ItemRow[]>([]);
export const tab = signal<'plan' | 'progress' | 'problems' | 'history'>('plan');
/** An act that is on its way, so that a second click does nothing. */
export const acting = signal<RunAct | null>(null);

let shownRun: string | null = keptId('runId');
let cursor: string | undefined;
let loading = false;

export function start(): void {
  host.on('snapshot', take);
  void loadWhenShown(load);
}

export function load(): Promise<void> {
  return loadInto(failure, () => host.request('ready', { runId: shownRun }), take);
}

function take(answer: RunSnapshot | null): void {
  if (answer === null) snapshot.value = 'none';
  else show(answer);
}

function show(next: RunSnapshot): void {
  const isNew = next.run.id !== shownRun || snapshot.peek() === null;
  snapshot.value = next;
  if (!isNew) return;
  shownRun = next.run.id;
  keepState({ runId: shownRun });
  items.value = [];
  cursor = undefined;
  tab.value = next.run.state === 'planned' ? 'plan' : 'progress';
  void moreItems();
}

/** The next page of the plan. */
export async function moreItems(): Promise<void> {
  const known = items.peek();
  if (loading || shownRun === null || (known.length > 0 && cursor === undefined)) return;
  loading = true;
  const runId = shownRun;
  try {
    const page = await host.request('items', { runId, limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    if (runId !== shownRun) return;
    cursor = page.cursor;
    items.value = [
      ...known,
      ...page.items.map(({ name, type }, at) => ({ index: known.length + at, name, type: type ?? '' })),
    ];
  } catch (error) {
    failure.value = asFailure(error);
  } finally {
    loading = false;
  }
}

export async function act(what: RunAct): Promise<void> {
  if (shownRun === null || acting.peek() !== null) return;
  acting.value = what;
  failure.value = null;
  try {
    await host.request('act', { runId: shownRun, act: what });
  } catch (error) {
    failure.value = asFailure(error);
  } finally {
    acting.value = null;
    void load();
  }
}
