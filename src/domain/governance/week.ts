/** Windows of the week as sets of minutes. A week begins on Monday 00:00 UTC and never has another length: UTC has no daylight saving time. */

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface WindowTimes {
  /** The days on which the window starts. */
  readonly weekdays: readonly Weekday[];
  /** `HH:MM`, 00:00 to 23:59. */
  readonly startTime: string;
  /** `HH:MM`, 00:01 to 24:00; before `startTime` = on the next day. The window ends before this minute. */
  readonly endTime: string;
}

export const minutesPerDay = 24 * 60;
export const minutesPerWeek = 7 * minutesPerDay;
const minuteMs = 60_000;
const weekMs = minutesPerWeek * minuteMs;
/** 1970-01-01 was a Thursday. */
const epochMinuteOfWeek = 3 * minutesPerDay;

/** Half-open [from, to) in minutes of the week. */
export type Stretch = readonly [from: number, to: number];

/** Stretches in order, apart from each other, within 0..10,080. A window over the end of the week is two stretches. */
export type WeekSet = readonly Stretch[];

export const wholeWeek: WeekSet = [[0, minutesPerWeek]];

/** Minutes since midnight of `HH:MM`, null when it is no such time. `24:00` is 1,440. */
export function minuteOfDay(time: string): number | null {
  const match = /^(\d\d):(\d\d)$/.exec(time);
  if (match === null) return null;
  const hours = Number(match[1]);
  const minutes = Number(match[2]);
  if (minutes > 59 || hours > 24 || (hours === 24 && minutes > 0)) return null;
  return hours * 60 + minutes;
}

export function timeOfMinute(minute: number): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** The minutes of the week that a window covers. */
export function minutesOfWindow({ weekdays: days, startTime, endTime }: WindowTimes): WeekSet {
  const start = minuteOfDay(startTime) ?? 0;
  const end = minuteOfDay(endTime) ?? 0;
  const length = end > start ? end - start : end + minutesPerDay - start;
  return union(
    days.flatMap((day): Stretch[] => {
      const from = weekdays.indexOf(day) * minutesPerDay + start;
      const to = from + length;
      if (to <= minutesPerWeek) return [[from, to]];
      return [
        [from, minutesPerWeek],
        [0, to - minutesPerWeek],
      ];
    }),
  );
}

/** All minutes of any of the windows. */
export function minutesOfWindows(windows: readonly WindowTimes[]): WeekSet {
  return union(windows.flatMap(minutesOfWindow));
}

/** Sorts and joins stretches that touch or overlap. */
export function union(stretches: readonly Stretch[]): WeekSet {
  const joined: [number, number][] = [];
  for (const [from, to] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** Minutes that are in both. */
export function intersection(a: WeekSet, b: WeekSet): WeekSet {
  return a.flatMap(([from, to]) =>
    b.flatMap(([start, end]): Stretch[] => {
      const low = Math.max(from, start);
      const high = Math.min(to, end);
      return low < high ? [[low, high]] : [];
    }),
  );
}

/** Minutes since Monday 00:00 UTC at an instant (milliseconds since the epoch), whole. */
export function minuteOfWeek(atMs: number): number {
  const minute = (Math.floor(atMs / minuteMs) + epochMinuteOfWeek) % minutesPerWeek;
  return minute < 0 ? minute + minutesPerWeek : minute;
}

export function isOpen(set: WeekSet, atMs: number): boolean {
  const minute = minuteOfWeek(atMs);
  return set.some(([from, to]) => minute >= from && minute < to);
}

/** The next instant after `atMs` at which the set opens; null when it never does, or is always open. */
export function nextOpening(set: WeekSet, atMs: number): number | null {
  return nextEdge(
    atMs,
    edges(set).map(([from]) => from),
  );
}

/** The next instant after `atMs` at which the set closes; null when it never does, or is never open. */
export function nextClosing(set: WeekSet, atMs: number): number | null {
  return nextEdge(
    atMs,
    edges(set).map(([, to]) => to % minutesPerWeek),
  );
}

/** Stretches with the one over the end of the week in one piece. */
function edges(set: WeekSet): WeekSet {
  const first = set[0];
  const last = set.at(-1);
  if (first === undefined || last === undefined) return [];
  if (first[0] !== 0 || last[1] !== minutesPerWeek) return set;
  if (first === last) return [];
  return [...set.slice(1, -1), [last[0], first[1]]];
}

function nextEdge(atMs: number, minutes: readonly number[]): number | null {
  if (minutes.length === 0) return null;
  const weekStart = Math.floor(atMs / minuteMs) * minuteMs - minuteOfWeek(atMs) * minuteMs;
  const candidates = minutes.flatMap((minute) => [
    weekStart + minute * minuteMs,
    weekStart + minute * minuteMs + weekMs,
  ]);
  return Math.min(...candidates.filter((candidate) => candidate > atMs));
}
