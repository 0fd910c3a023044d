import type { Signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import { keptState } from '../host.ts';

/** The id that the page kept under a name before it was hidden or the window reloaded; null = none. */
export function keptId(name: string): string | null {
  const kept = keptState();
  const id: unknown = typeof kept === 'object' && kept !== null ? Reflect.get(kept, name) : null;
  return typeof id === 'string' ? id : null;
}

/** Loads now, and again whenever the page comes back into sight: what the host said meanwhile was missed. */
export function loadWhenShown(load: () => Promise<void>): Promise<void> {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void load();
  });
  return load();
}

/** Asks the host for what the page shows; `failure` says why it did not come, and nothing once it did. */
export async function loadInto<Answer>(
  failure: Signal<Failure | null>,
  ask: () => Promise<Answer>,
  show: (answer: Answer) => void,
): Promise<void> {
  try {
    const answer = await ask();
    failure.value = null;
    show(answer);
  } catch (error) {
    failure.value = asFailure(error);
  }
}
