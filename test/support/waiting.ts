import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `probe` gives a value other than `undefined` or `false`, asking every `everyMs` (default 50 ms).
 *
 * @param what completes the sentence "Waited … for".
 * @throws Error after `timeoutMs`, with the last error of the probe as its cause.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  everyMs = 50,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  }
  const last = cause instanceof Error ? `; last error: ${cause.message}` : '';
  throw new Error(`Waited ${timeoutMs} ms for ${what}${last}`, { cause });
}

/** Settles as `promise` does, or rejects after `timeoutMs` naming what was waited for. */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
