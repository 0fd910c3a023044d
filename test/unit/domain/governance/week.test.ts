import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import {
  intersection,
  isOpen,
  minutesOfWindow,
  minutesOfWindows,
  minutesPerWeek,
  nextClosing,
  nextOpening,
  weekdays,
  wholeWeek,
  type Weekday,
  type WindowTimes,
} from '../../../../src/domain/governance/week.ts';
import { scanInThisZone } from './zoneScan.ts';

const ms = (iso: string): number => Date.parse(iso);
const minuteMs = 60_000;
const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Membership by the calendar: is this minute in a window that started today or yesterday? Shares nothing with the code. */
function openByCalendar(windows: readonly WindowTimes[], atMs: number): boolean {
  const date = new Date(atMs);
  const now = date.toISOString().slice(11, 16);
  const today = names[date.getUTCDay()] ?? '';
  const yesterday = names[(date.getUTCDay() + 6) % 7] ?? '';
  return windows.some(({ weekdays: days, startTime, endTime }) => {
    const on = (day: string): boolean => days.some((each) => each === day);
    if (endTime > startTime) return on(today) && startTime <= now && now < endTime;
    return (on(today) && now >= startTime) || (on(yesterday) && now < endTime);
  });
}

const window = (days: string, startTime: string, endTime: string): WindowTimes => ({
  weekdays: days.split(' ') as Weekday[],
  startTime,
  endTime,
});

describe('windows of the week', () => {
  // 2026-11-20 is a Friday.
  const friday = [window('fri', '22:00', '06:00')];
  for (const [at, open] of [
    ['2026-11-20T21:59:59.999Z', false],
    ['2026-11-20T22:00:00.000Z', true],
    ['2026-11-21T05:59:59.999Z', true],
    ['2026-11-21T06:00:00.000Z', false],
    ['2026-11-20T02:00:00.000Z', false],
  ] as const) {
    it(`Fri 22:00-06:00 is ${open ? 'open' : 'closed'} at ${at}`, () => {
      assert.equal(isOpen(minutesOfWindows(friday), ms(at)), open);
    });
  }

  it('Sun 22:00-06:00 goes over the end of the week', () => {
    const set = minutesOfWindows([window('sun', '22:00', '06:00')]);
    assert.equal(isOpen(set, ms('2026-11-23T05:59:00Z')), true);
    assert.equal(isOpen(set, ms('2026-11-23T06:00:00Z')), false);
    assert.equal(isOpen(set, ms('2026-11-22T05:59:00Z')), false);
    assert.equal(nextClosing(set, ms('2026-11-22T23:00:00Z')), ms('2026-11-23T06:00:00Z'));
    assert.equal(nextOpening(set, ms('2026-11-23T00:00:00Z')), ms('2026-11-29T22:00:00Z'));
  });

  it('windows that touch are one', () => {
    const set = minutesOfWindows([window('fri', '22:00', '24:00'), window('sat', '00:00', '06:00')]);
    assert.equal(set.length, 1);
    assert.equal(nextClosing(set, ms('2026-11-20T23:00:00Z')), ms('2026-11-21T06:00:00Z'));
  });

  it('a whole week has no edges; an empty one neither', () => {
    const always = minutesOfWindows([window(weekdays.join(' '), '00:00', '24:00')]);
    assert.deepEqual(always, wholeWeek);
    for (const set of [always, []]) {
      assert.equal(nextOpening(set, 0), null);
      assert.equal(nextClosing(set, 0), null);
    }
  });

  it('intersects packs', () => {
    const day = minutesOfWindows([window('mon tue', '08:00', '16:00')]);
    const late = minutesOfWindows([window('tue wed', '12:00', '20:00')]);
    assert.deepEqual(intersection(day, late), [[1440 + 720, 1440 + 960]]);
    assert.deepEqual(intersection(day, minutesOfWindow(window('thu', '08:00', '09:00'))), []);
  });

  const time = fc.integer({ min: 0, max: 1439 }).map((minute) => {
    return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  });
  const anyWindow = fc
    .record({
      weekdays: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
      startTime: time,
      endTime: fc.oneof(time, fc.constant('24:00')),
    })
    .filter(({ startTime, endTime }) => startTime !== endTime);
  /** Plain weeks, a leap day, a century that is none, year ends, and times before the epoch. */
  const anchors = [
    '2024-02-26T00:00:00Z',
    '2028-02-28T12:34:00Z',
    '2100-02-26T00:00:00Z',
    '2026-12-28T00:00:00Z',
    '2020-12-28T07:00:00Z',
    '2026-03-27T00:00:00Z',
    '2026-10-23T00:00:00Z',
    '1969-12-29T00:00:00Z',
  ].map(ms);

  it('agree with a scan of every minute of weeks, at leap days and year ends', () => {
    fc.assert(
      fc.property(fc.array(anyWindow, { minLength: 1, maxLength: 4 }), fc.constantFrom(...anchors), (windows, from) => {
        const set = minutesOfWindows(windows);
        for (let minute = 0; minute < 2 * minutesPerWeek; minute++) {
          const at = from + minute * minuteMs;
          if (isOpen(set, at) !== openByCalendar(windows, at)) assert.fail(new Date(at).toISOString());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('find the same next opening and closing as a scan', () => {
    fc.assert(
      fc.property(
        fc.array(anyWindow, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...anchors),
        fc.integer({ min: 0, max: minutesPerWeek * minuteMs }),
        (windows, from, offset) => {
          const set = minutesOfWindows(windows);
          const at = from + offset;
          const firstMinute = Math.floor(at / minuteMs) * minuteMs + minuteMs;
          let opens: number | null = null;
          let closes: number | null = null;
          let before = openByCalendar(windows, firstMinute - minuteMs);
          for (let minute = 0; minute <= minutesPerWeek && (opens === null || closes === null); minute++) {
            const now = firstMinute + minute * minuteMs;
            const open = openByCalendar(windows, now);
            if (open && !before) opens ??= now;
            if (!open && before) closes ??= now;
            before = open;
          }
          assert.equal(nextOpening(set, at), opens);
          assert.equal(nextClosing(set, at), closes);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('intersect as minutes do', () => {
    fc.assert(
      fc.property(anyWindow, anyWindow, (a, b) => {
        const both = intersection(minutesOfWindow(a), minutesOfWindow(b));
        for (let minute = 0; minute < minutesPerWeek; minute += 7) {
          const at = ms('2026-11-23T00:00:00Z') + minute * minuteMs;
          assert.equal(isOpen(both, at), openByCalendar([a], at) && openByCalendar([b], at));
        }
      }),
      { numRuns: 100 },
    );
  });

  for (const [zone, minutes] of [
    ['America/New_York', -240],
    ['Asia/Kolkata', 330],
    ['UTC', 0],
  ] as const) {
    it(`are the same in ${zone}, on the days when clocks change in New York`, () => {
      const found = execFileSync(process.execPath, ['--import', 'tsx', resolve(__dirname, 'zoneScanMain.ts')], {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      });
      const { offset, digest } = JSON.parse(found) as { offset: number; digest: string };
      assert.equal(offset, minutes);
      assert.equal(digest, scanInThisZone());
    });
  }
});
