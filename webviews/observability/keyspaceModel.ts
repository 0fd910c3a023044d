import { effect, signal, untracked } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { ActivitySource, KeyspaceActivity } from '../../src/domain/observability/activity.ts';
import { connection, currentWindow, follow, host, tab } from './model.ts';

export const source = signal<ActivitySource>('client');
export const activity = signal<KeyspaceActivity | null>(null);
export const activityFailure = signal<Failure | null>(null);
export const activityLoading = signal(false);

const BUCKETS = 60;
const PATTERNS = 100;

let asking: AbortController | undefined;

async function load(signal: AbortSignal): Promise<void> {
  const shown = connection.peek();
  if (shown === null) return;
  activityLoading.value = true;
  const query = {
    ...currentWindow(),
    connectionId: shown.id,
    source: source.peek(),
    buckets: BUCKETS,
    limit: PATTERNS,
  };
  try {
    activity.value = await host.request('activity', query, signal);
    activityFailure.value = null;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') {
      activityFailure.value = failure;
      activity.value = null;
    }
  } finally {
    activityLoading.value = false;
  }
}

export function loadActivity(): void {
  asking?.abort();
  asking = new AbortController();
  void load(asking.signal);
}

export function startKeyspace(): void {
  // A walk over the keyspace is only done when it is asked for, not with every sample.
  follow('keyspace', (signal) =>
    source.peek() === 'scan' && activity.peek()?.source === 'scan' ? Promise.resolve() : load(signal),
  );
  effect(() => {
    void source.value;
    if (untracked(() => tab.value) === 'keyspace') untracked(loadActivity);
  });
}
