import { asFailure } from '../../domain/failure.ts';
import type { JobLeases, LeaseParts } from './jobLeases.ts';

/** How often a window that does not have the job asks for it. */
const askMs = 10_000;

export interface SoleJobOptions {
  /** Name of the lease, e.g. `alerts`. */
  readonly name: string;
  /** This window does the job from now on. Writes that must not come from a holder who slept carry the fence. */
  readonly begin: (fence: number) => void;
  /** It no longer does: the lease was lost, or the job is disposed. */
  readonly end: () => void;
}

/** A job that one window does for all: whoever has the lease, and another one within 45 s after it died. */
export class SoleJob {
  readonly #parts: Omit<LeaseParts, 'leases' | 'holder'>;
  readonly #leases: JobLeases;
  readonly #options: SoleJobOptions;
  #held: { readonly fence: number; readonly heart: { dispose(): void } } | undefined;
  #timer: { dispose(): void } | undefined;
  #disposed = false;

  constructor(parts: Omit<LeaseParts, 'leases' | 'holder'>, leases: JobLeases, options: SoleJobOptions) {
    this.#parts = parts;
    this.#leases = leases;
    this.#options = options;
  }

  get isHere(): boolean {
    return this.#held !== undefined;
  }

  /** Asks for the lease now and, while another window has it, again and again. Resolves after the first answer. */
  async start(): Promise<void> {
    try {
      const taken = await this.#leases.take(this.#options.name);
      if ('fence' in taken) return this.#begin(taken.fence);
    } catch (error) {
      this.#parts.log.warn('lease not taken', { code: asFailure(error).code });
    }
    this.#askLater();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#timer?.dispose();
    const held = this.#held;
    if (held === undefined) return;
    this.#end();
    await this.#leases.release(this.#options.name, held.fence);
  }

  #begin(fence: number): void | Promise<void> {
    const { name, begin } = this.#options;
    if (this.#disposed) return this.#leases.release(name, fence);
    const heart = this.#leases.keep(name, fence, () => {
      this.#end();
      this.#askLater();
    });
    this.#held = { fence, heart };
    begin(fence);
  }

  #end(): void {
    this.#held?.heart.dispose();
    this.#held = undefined;
    this.#options.end();
  }

  #askLater(): void {
    if (this.#disposed) return;
    this.#timer = this.#parts.clock.after(askMs, () => void this.start());
  }
}
