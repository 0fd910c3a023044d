import { asFailure } from '../../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/environment.ts';
import type { Holder, LeaseStore } from '../ports/leases.ts';

/** How long a lease holds without a heartbeat, and how often it is renewed: a dead holder is replaced within 45 s. */
export const leaseMs = 15_000;
const heartbeatMs = 4000;

export interface LeaseParts {
  readonly leases: LeaseStore;
  readonly holder: Holder;
  readonly clock: Clock;
  readonly log: Log;
}

/** The leases that this window takes, keeps and gives back. */
export class JobLeases {
  readonly #parts: LeaseParts;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** Takes a lease that is free, has run out, or whose holder's process is gone; milliseconds. */
  async take(name: string, forMs = leaseMs): Promise<{ readonly fence: number } | { readonly heldBy: string }> {
    const { leases, holder, clock } = this.#parts;
    const gone = (await leases.list(name)).map((lease) => lease.holder).filter((other) => holder.isGone(other));
    const nowMs = clock.wallMs();
    return leases.take({ name, holder: holder.name, nowMs, untilMs: nowMs + forMs, gone });
  }

  /** Once; false = another holder took it. */
  renew(name: string, fence: number, forMs: number): Promise<boolean> {
    return this.#parts.leases.renew(name, fence, this.#parts.clock.wallMs() + forMs);
  }

  /** Keeps a lease until disposed; `lost` is told once when another window took it. */
  keep(name: string, fence: number, lost: () => void): { dispose(): void } {
    const { leases, clock, log } = this.#parts;
    let over = false;
    const beat = async (): Promise<void> => {
      try {
        const kept = await leases.renew(name, fence, clock.wallMs() + leaseMs);
        if (!kept) {
          if (!over) lost();
          return;
        }
      } catch (error) {
        // The store may be busy for a moment; the fence protects what is written meanwhile.
        log.warn('lease not renewed', { code: asFailure(error).code });
      }
      if (!over) timer = clock.after(heartbeatMs, () => void beat());
    };
    let timer = clock.after(heartbeatMs, () => void beat());
    return {
      dispose: () => {
        over = true;
        timer.dispose();
      },
    };
  }

  /** Gives a lease back; one that cannot be given back runs out by itself. */
  async release(name: string, fence: number): Promise<void> {
    try {
      await this.#parts.leases.release(name, fence);
    } catch (error) {
      this.#parts.log.warn('lease not released', { code: asFailure(error).code });
    }
  }

  /** Whether somebody has the lease, this window included, and did not end without giving it back. */
  async isAlive(name: string): Promise<boolean> {
    const { leases, holder, clock } = this.#parts;
    const lease = (await leases.list(name)).find((row) => row.name === name);
    return lease !== undefined && lease.untilMs > clock.wallMs() && !holder.isGone(lease.holder);
  }
}
