import { Failure } from '../../../../domain/failure.ts';

/** What a job needs of the thread that it runs in. */
export interface JobControl {
  /** Tells the host how far it is; calls that come quickly one after another are thinned. */
  progress(value: unknown): void;
  /** Lets messages in, and ends the job when it was cancelled. @throws Failure CANCELLED */
  checkpoint(): Promise<void>;
}

const tellEveryMs = 100;

/** @param post sends to the host, @param isCancelled whether the host asked to stop */
export function jobControl(post: (value: unknown) => void, isCancelled: () => boolean): JobControl {
  let told = -Infinity;
  return {
    progress(value) {
      const now = performance.now();
      if (now - told < tellEveryMs) return;
      told = now;
      post(value);
    },
    async checkpoint() {
      await new Promise((resolve) => void setImmediate(resolve));
      if (isCancelled()) throw new Failure('CANCELLED', 'The bundle was cancelled. Nothing of it is left.');
    },
  };
}
