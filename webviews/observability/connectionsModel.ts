import { signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { Overview } from '../../src/domain/observability/overview.ts';
import { chartsAnswered, currentWindow, follow, host } from './model.ts';

/** All connections over the chosen range. */
export const everything = signal<Omit<Overview, 'slowOperations'> | null>(null);
export const everythingFailure = signal<Failure | null>(null);

async function load(signal: AbortSignal): Promise<void> {
  await chartsAnswered();
  if (signal.aborted) return;
  try {
    everything.value = await host.request('all', currentWindow(), signal);
    everythingFailure.value = null;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') everythingFailure.value = failure;
  }
}

export function startConnectionsOverview(): void {
  follow('overview', load);
}
