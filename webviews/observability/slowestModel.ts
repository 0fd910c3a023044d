import { signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { chartsAnswered, connection, currentWindow, follow, host } from './model.ts';

/** The slowest of the connection's operations; null until they are known. */
export const slowest = signal<readonly HistoryEvent[] | null>(null);
export const slowestFailure = signal<Failure | null>(null);

/** Whose they are. */
let askedFor = '';

async function load(signal: AbortSignal): Promise<void> {
  const shown = connection.peek();
  if (shown === null) return;
  // Another connection's are never shown as this one's.
  if (shown.id !== askedFor) slowest.value = null;
  askedFor = shown.id;
  const window = currentWindow();
  await chartsAnswered();
  if (signal.aborted) return;
  try {
    slowest.value = await host.request('slowest', { connectionId: shown.id, ...window }, signal);
    slowestFailure.value = null;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') slowestFailure.value = failure;
  }
}

export function startSlowest(): void {
  follow('overview', load);
}
