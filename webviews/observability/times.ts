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
