/** What all threads of this process hold in memory, after what is garbage on this one was collected; MB. */
export function heldMemory(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}

/** Highest memory that all threads of the process hold while `work` runs, over what they held before; MB. */
export async function peakMemory<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly before: number; readonly added: number }> {
  const before = heldMemory();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() / 1e6);
  }, 20);
  try {
    return { value: await work(), before, added: Math.max(0, peak - before) };
  } finally {
    clearInterval(timer);
  }
}
