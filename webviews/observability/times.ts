/** Times as the reader's clock shows them; UTC stands on hover. */

import { dayOf, toMillisecond, toMinute, toSecond } from '../ui/localTime.ts';

export function localTime(iso: string): string {
  return toMillisecond(Date.parse(iso));
}

export function localDateTime(iso: string): string {
  return `${dayOf(Date.parse(iso))}, ${localTime(iso)}`;
}

const HALF_A_DAY_MS = 12 * 3_600_000;

/** Shortly after midnight, what was an hour ago is told by its time, too. */
function isRecent(ms: number, nowMs: number): boolean {
  return nowMs - ms < HALF_A_DAY_MS || new Date(ms).toDateString() === new Date(nowMs).toDateString();
}

/** A time of today or of the last hours to the millisecond; of another day its date and minute, in as much space. */
export function shortTime(iso: string, nowMs: number): string {
  return isRecent(Date.parse(iso), nowMs) ? localTime(iso) : toMinutesWithDate(Date.parse(iso));
}

/** The time of what was today or in the last hours, the day of any other. */
export function timeOrDay(iso: string, nowMs: number): string {
  const ms = Date.parse(iso);
  return isRecent(ms, nowMs) ? toSecond(ms) : dayOf(ms);
}

/** On hover of a local time. */
export function utcText(iso: string): string {
  return `${iso.replace('T', ' ').replace('Z', '')} UTC`;
}

function toMinutesWithDate(ms: number): string {
  return `${dayOf(ms)}, ${toMinute(ms)}`;
}

export function rangeText(fromMs: number, toMs: number): string {
  const isOneDay = new Date(fromMs).toDateString() === new Date(toMs).toDateString();
  return `${toMinutesWithDate(fromMs)} – ${isOneDay ? toMinute(toMs) : toMinutesWithDate(toMs)}`;
}

/** Which zone times are shown in at a moment: the reader's own, by its distance from UTC. */
export function zoneText(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  if (minutes === 0) return 'Times in UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `Times local, UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** A minute is the narrowest roll-up: closer than two of them there is nothing to see. */
const NARROWEST_MS = 2 * 60_000;

/**
 * What is shown of a stretch, milliseconds since the epoch: no future, and two minutes at least, around its middle if that
 * has passed. A stretch that is wide enough begins where it was said to begin.
 */
export function visibleStretch(
  fromMs: number,
  toMs: number,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const end = Math.min(toMs, nowMs);
  if (end - fromMs >= NARROWEST_MS) return { fromMs: Math.round(fromMs), toMs: Math.round(end) };
  const wide = Math.min((fromMs + toMs + NARROWEST_MS) / 2, nowMs);
  return { fromMs: Math.round(wide - NARROWEST_MS), toMs: Math.round(wide) };
}
