import { validationFailure } from '../../../domain/failure.ts';

/** A time as rows hold it: UTC with milliseconds, so that texts compare as times do. */
export function isoMs(time: string): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) throw validationFailure('from', `“${time.slice(0, 40)}” is no time.`);
  return new Date(ms).toISOString();
}
