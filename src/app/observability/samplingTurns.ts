import { asFailure } from '../../domain/failure.ts';
import type { JobLeases } from '../leases/jobLeases.ts';
import type { Log } from '../ports/environment.ts';

export interface SamplingTurnsParts {
  readonly leases: Pick<JobLeases, 'take' | 'renew' | 'release'>;
  readonly log: Log;
}

/** Of the windows that have a connection open, one samples it: whoever has its lease, renewed with each sample. */
export class SamplingTurns {
  readonly #parts: SamplingTurnsParts;
  readonly #fences = new Map<string, number>();

  constructor(parts: SamplingTurnsParts) {
    this.#parts = parts;
  }

  /**
   * Whether this window is to sample the connection now; if so, it is for the next `forMs`. False where the store
   * cannot say: no sample could be kept there.
   */
  async isMine(connectionUid: string, forMs: number): Promise<boolean> {
    const { leases, log } = this.#parts;
    const name = leaseOf(connectionUid);
    const fence = this.#fences.get(connectionUid);
    try {
      if (fence !== undefined && (await leases.renew(name, fence, forMs))) return true;
      const taken = await leases.take(name, forMs);
      if ('fence' in taken) this.#fences.set(connectionUid, taken.fence);
      else this.#fences.delete(connectionUid);
      return 'fence' in taken;
    } catch (error) {
      log.warn('sampling lease not taken', { code: asFailure(error).code });
      return false;
    }
  }

  /** Another window may go on at once. */
  async giveBack(connectionUid: string): Promise<void> {
    const fence = this.#fences.get(connectionUid);
    this.#fences.delete(connectionUid);
    if (fence !== undefined) await this.#parts.leases.release(leaseOf(connectionUid), fence);
  }

  async giveAllBack(): Promise<void> {
    await Promise.all([...this.#fences.keys()].map((uid) => this.giveBack(uid)));
  }
}

function leaseOf(connectionUid: string): string {
  return `sample:${connectionUid}`;
}
