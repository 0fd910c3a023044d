import { minutesPerDay, timeOfMinute } from '../../src/domain/governance/week.ts';

/** The person's local time beside UTC, by the offset that holds on the day of `nowMs`. */

function offsetMinutes(nowMs: number): number {
  return -new Date(nowMs).getTimezoneOffset();
}

/** A minute of the UTC day as the clock on the wall shows it; `+1` and `-1` mark the next and the previous day. */
export function localTimeOf(utcMinute: number, nowMs: number): string {
  const local = utcMinute + offsetMinutes(nowMs);
  if (local === minutesPerDay) return '24:00';
  const day = Math.floor(local / minutesPerDay);
  const time = timeOfMinute(local - day * minutesPerDay);
  return day === 0 ? time : `${time}${day > 0 ? ' +1' : ' −1'}`;
}

/** `UTC`, or `2 h ahead of UTC`. */
export function offsetWords(nowMs: number): string {
  const offset = offsetMinutes(nowMs);
  if (offset === 0) return 'the same as UTC';
  const hours = Math.floor(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  const size = [...(hours > 0 ? [`${hours} h`] : []), ...(minutes > 0 ? [`${minutes} min`] : [])].join(' ');
  return `${size} ${offset > 0 ? 'ahead of' : 'behind'} UTC`;
}

/** An instant as local date and time, for people. */
export function localInstant(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
