const pattern = /^(\d{1,20})-(\d{1,20})$/;
const max = 2n ** 64n - 1n;

/** Both 64-bit halves of a stream id; null when `text` is not a complete id that an entry can have. */
function halves(text: string): readonly [bigint, bigint] | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [ms, sequence] = [BigInt(match[1] ?? ''), BigInt(match[2] ?? '')];
  return ms <= max && sequence <= max && (ms > 0n || sequence > 0n) ? [ms, sequence] : null;
}

export function isStreamId(text: string): boolean {
  return halves(text) !== null;
}

/** Negative when `a` comes first. Ids that are none count as 0-0. */
export function compareStreamIds(a: string, b: string): number {
  const [[aMs, aSequence], [bMs, bSequence]] = [halves(a) ?? [0n, 0n], halves(b) ?? [0n, 0n]];
  const difference = aMs === bMs ? aSequence - bSequence : aMs - bMs;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The least id after `id`; null after the last one there can be. */
export function nextStreamId(id: string): string | null {
  const [ms, sequence] = halves(id) ?? [0n, 0n];
  if (sequence < max) return `${ms}-${sequence + 1n}`;
  return ms < max ? `${ms + 1n}-0` : null;
}
