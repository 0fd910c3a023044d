import type { ExecutionWindow } from './pack.ts';
import {
  minutesPerDay,
  minutesPerWeek,
  timeOfMinute,
  union,
  weekdays,
  type Stretch,
  type Weekday,
  type WeekSet,
} from './week.ts';

/** Drawing on a week: stretches are added or taken away, and the set becomes windows again. */

/** The set with some stretches added, or taken away. */
export function drawn(set: WeekSet, stretches: readonly Stretch[], add: boolean): WeekSet {
  if (add) return union([...set, ...stretches]);
  return union(stretches).reduce<WeekSet>(
    (left, [from, to]) =>
      left.flatMap(([start, end]): Stretch[] =>
        [[start, Math.min(end, from)] as const, [Math.max(start, to), end] as const].filter(
          ([low, high]) => low < high,
        ),
      ),
    set,
  );
}

/**
 * The fewest windows that cover a set, days with the same times together. Windows that were there before keep their ids.
 */
export function windowsOfSet(set: WeekSet, before: readonly ExecutionWindow[] = []): readonly ExecutionWindow[] {
  const byTimes = new Map<string, { startTime: string; endTime: string; days: Weekday[] }>();
  for (const { day, startTime, endTime } of daysOf(set)) {
    const known = byTimes.get(`${startTime} ${endTime}`);
    if (known === undefined) byTimes.set(`${startTime} ${endTime}`, { startTime, endTime, days: [day] });
    else known.days.push(day);
  }
  const free = new Map(before.map((window) => [window.id, window]));
  const windows = [...byTimes.values()].map(({ days, ...times }) => {
    const weekdaysOfWindow = weekdays.filter((day) => days.includes(day));
    const kept =
      [...free.values()].find((each) => sameTimes(each, times) && each.weekdays.join() === weekdaysOfWindow.join()) ??
      [...free.values()].find((each) => sameTimes(each, times));
    if (kept !== undefined) free.delete(kept.id);
    return { id: kept?.id, weekdays: weekdaysOfWindow, ...times, timezone: 'UTC' as const };
  });
  const taken = new Set(windows.map(({ id }) => id));
  let next = 1;
  return windows.map(({ id, ...window }) => {
    if (id !== undefined) return { id, ...window };
    while (taken.has(`w${next}`)) next += 1;
    taken.add(`w${next}`);
    return { id: `w${next}`, ...window };
  });
}

function sameTimes(window: ExecutionWindow, times: { readonly startTime: string; readonly endTime: string }): boolean {
  return window.startTime === times.startTime && window.endTime === times.endTime;
}

interface DayWindow {
  readonly day: Weekday;
  readonly startTime: string;
  readonly endTime: string;
}

/** A stretch within 24 hours is one window; a longer one is cut at midnights. */
function daysOf(set: WeekSet): readonly DayWindow[] {
  return joinedOverWeekEnd(set).flatMap(([from, to]) => {
    if (to - from < minutesPerDay) return [dayWindow(from, to)];
    const cuts: DayWindow[] = [];
    for (let at = from; at < to;) {
      const end = Math.min(to, (Math.floor(at / minutesPerDay) + 1) * minutesPerDay);
      cuts.push(dayWindow(at, end));
      at = end;
    }
    return cuts;
  });
}

function dayWindow(from: number, to: number): DayWindow {
  const day = weekdays[Math.floor(from / minutesPerDay) % 7] ?? 'mon';
  const start = from % minutesPerDay;
  const end = to % minutesPerDay;
  return { day, startTime: timeOfMinute(start), endTime: end === 0 ? '24:00' : timeOfMinute(end) };
}

/** A short stretch over Sunday midnight in one piece, so that it stays one window. */
function joinedOverWeekEnd(set: WeekSet): WeekSet {
  const first = set[0];
  const last = set.at(-1);
  if (first === undefined || last === undefined || first === last) return set;
  const length = last[1] - last[0] + first[1];
  if (first[0] !== 0 || last[1] !== minutesPerWeek || length >= minutesPerDay) return set;
  return [...set.slice(1, -1), [last[0], minutesPerWeek + first[1]]];
}
