import { beginUnlock, unlockLeftMs, type Unlock, type UnlockRequest } from '../../domain/connections/unlock.ts';
import type { Clock } from '../ports/clock.ts';

export type RelockCause = 'time is up' | 'locked by the user' | 'disconnected' | 'definition changed' | 'removed';

/** Running unlocks of this window: each ends by itself, and no reload of the window extends one. */
export class BreakGlass {
  readonly #clock: Clock;
  readonly #relocked: (uid: string, unlock: Unlock, cause: RelockCause) => void;
  readonly #running = new Map<string, { readonly unlock: Unlock; timer: { dispose(): void } }>();

  /** `relocked` hears of every end of an unlock, once. */
  constructor(clock: Clock, relocked: (uid: string, unlock: Unlock, cause: RelockCause) => void) {
    this.#clock = clock;
    this.#relocked = relocked;
  }

  /** Starts an unlock, or starts it anew with the new reason and time. */
  begin(uid: string, request: UnlockRequest): Unlock {
    this.#running.get(uid)?.timer.dispose();
    const unlock = beginUnlock(request, this.#now());
    this.#running.set(uid, { unlock, timer: this.#watch(uid, unlock) });
    return unlock;
  }

  /** The unlock in force; asked at every write, so it does not depend on a timer being on time. */
  current(uid: string): Unlock | undefined {
    const unlock = this.#running.get(uid)?.unlock;
    if (unlock === undefined || unlockLeftMs(unlock, this.#now()) > 0) return unlock;
    this.end(uid, 'time is up');
    return undefined;
  }

  end(uid: string, cause: RelockCause): void {
    const running = this.#running.get(uid);
    if (running === undefined) return;
    running.timer.dispose();
    this.#running.delete(uid);
    this.#relocked(uid, running.unlock, cause);
  }

  dispose(): void {
    for (const { timer } of this.#running.values()) timer.dispose();
    this.#running.clear();
  }

  #now(): { readonly wallMs: number; readonly monoMs: number } {
    return { wallMs: this.#clock.wallMs(), monoMs: this.#clock.monoMs() };
  }

  /** Looks every half minute at most: after a sleep of the machine the wall clock says that the time is up. */
  #watch(uid: string, unlock: Unlock): { dispose(): void } {
    const wait = Math.min(30_000, unlockLeftMs(unlock, this.#now()));
    return this.#clock.after(wait, () => {
      const running = this.#running.get(uid);
      if (running?.unlock !== unlock || this.current(uid) === undefined) return;
      running.timer = this.#watch(uid, unlock);
    });
  }
}
