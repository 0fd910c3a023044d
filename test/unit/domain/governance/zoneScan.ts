import { isOpen, minutesOfWindows } from '../../../../src/domain/governance/week.ts';

/** Which minutes of two windows are open around the days on which New York changes its clocks, as a text of 0 and 1. */
export function scanInThisZone(): string {
  const set = minutesOfWindows([
    { weekdays: ['sun'], startTime: '01:30', endTime: '03:30' },
    { weekdays: ['sat'], startTime: '23:00', endTime: '07:00' },
  ]);
  const scan = (from: string): string =>
    Array.from({ length: 3 * 1440 }, (_, minute) => (isOpen(set, Date.parse(from) + minute * 60_000) ? '1' : '0')).join(
      '',
    );
  return `${scan('2026-03-07T00:00:00Z')} ${scan('2026-10-31T00:00:00Z')}`;
}
