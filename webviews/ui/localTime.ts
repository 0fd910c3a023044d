// Times of day on the reader's clock. A formatter takes milliseconds to make, so each is made once.

const minutes = new Intl.DateTimeFormat(undefined, { hourCycle: 'h23', hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat(undefined, {
  hourCycle: 'h23',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const milliseconds = new Intl.DateTimeFormat(undefined, {
  hourCycle: 'h23',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** `09:05`, of milliseconds since the epoch. */
export function toMinute(ms: number): string {
  return minutes.format(ms);
}

/** `09:05:59` */
export function toSecond(ms: number): string {
  return seconds.format(ms);
}

/** `09:05:59.123` */
export function toMillisecond(ms: number): string {
  return milliseconds.format(ms);
}

/** `22 Nov` */
export function dayOf(ms: number): string {
  return days.format(ms);
}
