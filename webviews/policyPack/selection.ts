import { minutesPerDay, timeOfMinute, weekdays, type Stretch, type WeekSet } from '../../src/domain/governance/week.ts';
import { weekdayNames } from '../../src/domain/governance/words.ts';
import { localTimeOf } from './localTime.ts';

/** Cells of the week's grid: a row per day, half an hour each. */

const cellMinutes = 30;
export const columns = minutesPerDay / cellMinutes;
export const lastDay = weekdays.length - 1;

export interface Cell {
  /** 0 = Monday. */
  readonly day: number;
  readonly column: number;
}

export interface Selection {
  readonly from: Cell;
  readonly to: Cell;
}

/** What a key does on the grid; null = nothing. */
export type GridAct =
  | { readonly do: 'move'; readonly days: number; readonly columns: number }
  | { readonly do: 'toggle' | 'close' | 'forget' };

const moves: Readonly<Record<string, readonly [days: number, columns: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Home: [0, -columns],
  End: [0, columns],
  PageUp: [-7, 0],
  PageDown: [7, 0],
};

const acts: Readonly<Record<string, 'toggle' | 'close' | 'forget'>> = {
  ' ': 'toggle',
  Enter: 'toggle',
  Delete: 'close',
  Backspace: 'close',
  Escape: 'forget',
};

/** `byHours`: sideways in whole hours. */
export function actOfKey(key: string, byHours: boolean): GridAct | null {
  const by = moves[key];
  if (by !== undefined) return { do: 'move', days: by[0], columns: by[1] * (byHours ? 60 / cellMinutes : 1) };
  const act = acts[key];
  return act === undefined ? null : { do: act };
}

/** Stays within the week. */
export function moved({ day, column }: Cell, by: { readonly days: number; readonly columns: number }): Cell {
  const within = (value: number, most: number): number => Math.max(0, Math.min(most, value));
  return { day: within(day + by.days, lastDay), column: within(column + by.columns, columns - 1) };
}

/** The cell at a share (0..1) of the grid's width and height. */
export function cellAtShare(x: number, y: number): Cell {
  return moved({ day: 0, column: 0 }, { days: Math.floor(y * 7), columns: Math.floor(x * columns) });
}

/** Edges of a selection, whichever way it was drawn. */
export function boxOf({ from, to }: Selection) {
  return {
    left: Math.min(from.column, to.column),
    right: Math.max(from.column, to.column),
    top: Math.min(from.day, to.day),
    bottom: Math.max(from.day, to.day),
  };
}

/** The same hours of each day that the selection touches. */
export function stretchesOf(selection: Selection): Stretch[] {
  const { left, right, top, bottom } = boxOf(selection);
  return Array.from({ length: bottom - top + 1 }, (_, index): Stretch => {
    const start = (top + index) * minutesPerDay;
    return [start + left * cellMinutes, start + (right + 1) * cellMinutes];
  });
}

/** Whether the cell's first minute is in the set. */
export function covers(set: WeekSet, { day, column }: Cell): boolean {
  const minute = day * minutesPerDay + column * cellMinutes;
  return set.some(([from, to]) => minute >= from && minute < to);
}

/** `Mon to Wed 08:00 to 16:00 UTC, 10:00 to 18:00 here`. */
export function rangeWords(selection: Selection, nowMs: number): string {
  const { left, right, top, bottom } = boxOf(selection);
  const day = (index: number): string => weekdayNames[weekdays[index] ?? 'mon'];
  const days = top === bottom ? day(top) : `${day(top)} to ${day(bottom)}`;
  const [start, end] = [left * cellMinutes, (right + 1) * cellMinutes];
  const here = `${localTimeOf(start, nowMs)} to ${localTimeOf(end, nowMs)} here`;
  return `${days} ${timeOfMinute(start)} to ${timeOfMinute(end)} UTC, ${here}`;
}
