import { signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { CommandTimes } from '../../src/domain/observability/commandTimes.ts';
import { chartsAnswered, connection, currentWindow, follow, host } from './model.ts';

/** What the connection's server spent its time on, with the window that was asked for. */
export const commandTimes = signal<(CommandTimes & { readonly from: string; readonly to: string }) | null>(null);
export const commandTimesFailure = signal<Failure | null>(null);

/** Whose they are. */
let askedFor = '';

async function load(signal: AbortSignal): Promise<void> {
  const shown = connection.peek();
  if (shown === null) return;
  // Another connection's are never shown as this one's.
  if (shown.id !== askedFor) commandTimes.value = null;
  askedFor = shown.id;
  const window = currentWindow();
  await chartsAnswered();
  if (signal.aborted) return;
  try {
    const times = await host.request('commandTimes', { connectionId: shown.id, ...window }, signal);
    commandTimes.value = { ...times, ...window };
    commandTimesFailure.value = null;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') commandTimesFailure.value = failure;
  }
}

export function startCommandTimes(): void {
  follow('overview', load);
}
