import { computed, effect, signal, untracked } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { FailedOperation, FailureGroup } from '../../src/domain/observability/failures.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import type { FailureGroups } from '../../src/protocol/observability.ts';
import { connection, currentWindow, follow, host, openedEvent, tab } from './model.ts';

export const grouped = signal<FailureGroups | null>(null);
export const groupsFailure = signal<Failure | null>(null);
/** Name of the chosen group. */
export const chosenGroup = signal<string | null>(null);
/** The failure that is explained. */
export const explained = signal<FailedOperation | null>(null);
export const explaining = signal(false);

export function groupName(group: FailureGroup): string {
  return JSON.stringify([group.connectionId, group.action, group.errorCode, group.pattern]);
}

export const group = computed<FailureGroup | null>(
  () => grouped.value?.groups.find((each) => groupName(each) === chosenGroup.value) ?? null,
);

/** Events of the chosen group, newest first. */
export const groupEvents = computed<readonly HistoryEvent[]>(() => {
  const ids = new Set(group.value?.eventIds ?? []);
  return (grouped.value?.events ?? []).filter(({ id }) => ids.has(id));
});

async function load(signal: AbortSignal): Promise<void> {
  const shown = connection.peek();
  if (shown === null) return;
  try {
    grouped.value = await host.request('failureGroups', { ...currentWindow(), connectionId: shown.id }, signal);
    groupsFailure.value = null;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') groupsFailure.value = failure;
  }
}

let asking: AbortController | undefined;

export async function explain(event: { readonly id: string; readonly timestamp: string }): Promise<void> {
  asking?.abort();
  const abort = new AbortController();
  asking = abort;
  explaining.value = true;
  try {
    explained.value = await host.request('failure', { id: event.id, timestamp: event.timestamp }, abort.signal);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') groupsFailure.value = failure;
  } finally {
    if (asking === abort) explaining.value = false;
  }
}

export function chooseGroup(next: FailureGroup): void {
  chosenGroup.value = groupName(next);
  const newest = grouped.peek()?.events.find(({ id }) => id === next.eventIds[0]);
  if (newest !== undefined) void explain(newest);
}

export function startFailures(): void {
  follow('failures', load);
  effect(() => {
    const wanted = openedEvent.value;
    if (tab.value !== 'failures' || wanted === null) return;
    untracked(() => {
      openedEvent.value = null;
      void explain(wanted);
    });
  });
  effect(() => {
    const shown = explained.value;
    const all = grouped.value;
    if (shown === null || all === null) return;
    const own = all.groups.find(({ eventIds }) => eventIds.includes(shown.event.id));
    if (own !== undefined) untracked(() => (chosenGroup.value = groupName(own)));
  });
}
