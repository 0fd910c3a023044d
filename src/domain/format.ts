/** Numbers as people read them, the same in trees, panels, messages and reports. Pure and English, like the product's words. */

const THOUSANDS = /\B(?=(\d{3})+(?!\d))/g;

/** `1204` as `1,204`; a fraction keeps at most `digits` digits. NaN and infinities give `–`. */
export function formatCount(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–';
  const [whole = '0', fraction] = trimmed(value, digits).split('.');
  const grouped = whole.replace(THOUSANDS, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Fixed digits without useless zeros; never `-0`. */
function trimmed(value: number, digits: number): string {
  const fixed = value.toFixed(digits);
  const text = fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
  return text === '-0' ? '0' : text;
}

/** Two significant digits below ten, none above: `2.1`, `21`, `210`. */
function short(value: number): string {
  return trimmed(value, Math.abs(value) < 9.95 ? 1 : 0);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds as `840 µs`, `2.1 ms`, `3 s`, `4 min`, `2 h 5 min`, `3 d 4 h`. Negative values carry a minus. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms === 0) return '0 ms';
  // The limits stand where rounding would show the next unit's first value.
  if (ms < 0.9995) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 999.5) return `${short(ms)} ms`;
  if (ms < 59.5 * SECOND) return `${short(ms / SECOND)} s`;
  if (ms < 59.5 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY - MINUTE / 2) return twoUnits(ms, HOUR, 'h', MINUTE, 'min');
  return twoUnits(ms, DAY, 'd', HOUR, 'h');
}

function twoUnits(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const total = Math.round(ms / small);
  const perBig = big / small;
  const whole = Math.floor(total / perBig);
  const rest = total % perBig;
  return rest === 0 ? `${formatCount(whole)} ${bigName}` : `${formatCount(whole)} ${bigName} ${rest} ${smallName}`;
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in steps of 1024, as Redis counts: `312 B`, `1.5 KB`, `38 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  if (bytes < 0) return `−${formatBytes(-bytes)}`;
  let value = bytes;
  let unit = 0;
  while (unit < BYTE_UNITS.length - 1 && value >= (unit === 0 ? 1024 : 1023.5)) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 ? formatCount(Math.round(value)) : formatCount(value, value < 9.95 ? 1 : 0);
  return `${text} ${BYTE_UNITS[unit] ?? 'B'}`;
}

/** A rate per second: `0.02`, `3.4`, `1,204`. The unit stands beside it. */
export function formatRate(perSecond: number): string {
  const size = Math.abs(perSecond);
  return formatCount(perSecond, size < 0.1 ? 3 : size < 1 ? 2 : size < 10 ? 1 : 0);
}

/** A ratio 0..1 as percent: `0.3 %`, `94 %`. What is more than nothing never shows as `0 %`, what is not all never as `100 %`. */
export function formatPercent(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  if (percent > 99.9 && percent < 100) return '> 99.9 %';
  return `${formatCount(percent, percent < 10 || percent > 99 ? 1 : 0)} %`;
}

/** `1 key`, `1,204 keys`. */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
