const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Milliseconds of a typed duration: `90` (seconds, as Redis counts), `500 ms`, `2 h 30 min`; `never` is null;
 * undefined when it is none of these, or not longer than nothing.
 */
export function ttlFromText(text: string): number | null | undefined {
  const words = text.trim().toLowerCase();
  if (words === 'never') return null;
  if (/^\d+$/.test(words)) return positive(Number(words) * 1000);
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/.test(words)) return undefined;
  let total = 0;
  for (const [, amount = '', unit = ''] of words.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const ms = Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined;
    if (ms === undefined) return undefined;
    total += Number(amount) * ms;
  }
  return positive(Math.round(total));
}

function positive(ms: number): number | undefined {
  return ms > 0 && ms <= 2 ** 52 ? ms : undefined;
}
