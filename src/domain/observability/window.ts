import { validationFailure } from '../failure.ts';

/** Half-open [from, to), milliseconds since the epoch. */
export interface WindowMs {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A window of UTC ISO-8601 times as milliseconds. @throws Failure VALIDATION_ERROR naming the field */
export function windowMs(window: { readonly from: string; readonly to: string }): WindowMs {
  const fromMs = instant('from', window.from);
  const toMs = instant('to', window.to);
  if (toMs <= fromMs) throw validationFailure('to', 'The end of a time range must come after its beginning.');
  return { fromMs, toMs };
}

function instant(path: string, text: string): number {
  const ms = Date.parse(text);
  if (!Number.isFinite(ms)) throw validationFailure(path, `"${path}" is not a UTC time such as 2026-11-22T08:00:00Z.`);
  return ms;
}

/** Widths of a roll-up bucket, in seconds; multiples of a minute, divisors of a day. */
const bucketWidths = [60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400];

/** The narrowest bucket that cuts a window into `maxBuckets` or fewer, seconds. */
export function bucketSecondsFor({ fromMs, toMs }: WindowMs, maxBuckets: number): number {
  const needed = (toMs - fromMs) / 1000 / maxBuckets;
  return bucketWidths.find((width) => width >= needed) ?? Math.ceil(needed / 86_400) * 86_400;
}
