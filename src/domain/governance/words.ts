import { formatDuration } from '../format.ts';
import type { PackContent } from './pack.ts';
import {
  isOpen,
  minuteOfWeek,
  minutesOfWindows,
  nextClosing,
  nextOpening,
  weekdays,
  type Weekday,
  type WeekSet,
} from './week.ts';

/** How policies are put in words, the same in trees, panels, messages and documents. */

export const weekdayNames: Readonly<Record<Weekday, string>> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};

/** `Mon 08:00 UTC`; with the date when it is a week away or more. */
export function utcWords(ms: number, nowMs: number): string {
  const iso = new Date(ms).toISOString();
  const day = weekdays[Math.floor(minuteOfWeek(ms) / 1440)] ?? 'mon';
  const time = `${iso.slice(11, 16)} UTC`;
  if (iso.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10)) return time;
  const far = Math.abs(ms - nowMs) >= 6 * 86_400_000;
  return `${weekdayNames[day]}${far ? ` ${iso.slice(0, 10)}` : ''} ${time}`;
}

/** `opens Mon 08:00 UTC, in 3 h 20 min`, or that it never does. */
export function openingWords(open: WeekSet, atMs: number): string {
  const opens = nextOpening(open, atMs);
  return opens === null ? 'it never opens' : `it opens ${utcWords(opens, atMs)}, in ${formatDuration(opens - atMs)}`;
}

/** `open now, closes 16:00 UTC, in 1 h 12 min` or `closed, it opens …`. */
export function stateWords(open: WeekSet, atMs: number): string {
  if (!isOpen(open, atMs)) return `closed, ${openingWords(open, atMs)}`;
  const closes = nextClosing(open, atMs);
  return closes === null
    ? 'open at any time'
    : `open now, closes ${utcWords(closes, atMs)}, in ${formatDuration(closes - atMs)}`;
}

/** One line: what a pack allows. */
export function packSentence(pack: PackContent): string {
  const items = pack.maxWorkflowItems.toLocaleString('en-US');
  const retries =
    pack.maxRetryAttempts === 0
      ? 'no retry'
      : `${pack.maxRetryAttempts} ${pack.maxRetryAttempts === 1 ? 'retry' : 'retries'}`;
  const times = !pack.schedulingEnabled
    ? 'at any time'
    : `in ${pack.executionWindows.length === 1 ? '1 weekly window' : `${pack.executionWindows.length} weekly windows`}`;
  return `Allows writes on ${pack.environments.join(', ')} ${times}, at most ${items} items per run, ${retries}.`;
}

/** Whether the pack lets work happen now, as far as its own windows go. */
export function packState(pack: PackContent, atMs: number): string {
  if (!pack.enabled) return 'off';
  return pack.schedulingEnabled ? stateWords(minutesOfWindows(pack.executionWindows), atMs) : 'open at any time';
}

/** What somebody wanted to do, as it stands after "Blocked:". */
const actions: Readonly<Record<string, string>> = {
  'keys.write': 'saving a key',
  'keys.remove': 'deleting keys',
  'keys.rename': 'renaming a key',
  'keys.setTtl': 'changing an expiry',
  'keys.command': 'a command that writes',
  'keys.restore': 'restoring a value',
  'workflows.plan': 'planning a workflow',
  'workflows.start': 'starting a workflow',
  'workflows.schedule': 'starting a scheduled workflow',
  'workflows.resume': 'resuming a workflow',
  'workflows.batch': 'the next batch of a workflow',
  'workflows.undo': 'undoing a workflow',
};

export function actionWords(action: string): string {
  return actions[action] ?? action;
}

/** Acts that packs are asked about; every other act only reads, or does not touch a server. */
export const governedActions: readonly string[] = Object.keys(actions);
