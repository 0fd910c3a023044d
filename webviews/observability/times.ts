/** Times as the reader's clock shows them; UTC stands on hover. */

export function localTime(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
}

export function localDateTime(iso: string): string {
  const date = new Date(iso).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return `${date}, ${localTime(iso)}`;
}

/** A time today to the millisecond; of another day its date and minute, in as much space. */
export function shortTime(iso: string, nowMs: number): string {
  const isToday = new Date(iso).toDateString() === new Date(nowMs).toDateString();
  return isToday ? localTime(iso) : toMinutesWithDate(Date.parse(iso));
}

/** The time of what was today, the day of any other. */
export function timeOrDay(iso: string, nowMs: number): string {
  const at = new Date(iso);
  if (at.toDateString() === new Date(nowMs).toDateString()) {
    return at.toLocaleTimeString(undefined, {
      hourCycle: 'h23',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  }
  return at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

/** On hover of a local time. */
export function utcText(iso: string): string {
  return `${iso.replace('T', ' ').replace('Z', '')} UTC`;
}

function toMinutes(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { hourCycle: 'h23', hour: '2-digit', minute: '2-digit' });
}

function toMinutesWithDate(ms: number): string {
  const date = new Date(ms).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return `${date}, ${toMinutes(ms)}`;
}

export function rangeText(fromMs: number, toMs: number): string {
  const isOneDay = new Date(fromMs).toDateString() === new Date(toMs).toDateString();
  return `${toMinutesWithDate(fromMs)} – ${isOneDay ? toMinutes(toMs) : toMinutesWithDate(toMs)}`;
}

/** Which zone times are shown in at a moment: the reader's own, by its distance from UTC. */
export function zoneText(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  if (minutes === 0) return 'Times in UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `Times local, UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}
