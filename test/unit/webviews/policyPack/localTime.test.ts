import assert from 'node:assert/strict';
import { localTimeOf, offsetWords } from '../../../../webviews/policyPack/localTime.ts';

const winter = Date.parse('2026-01-15T12:00:00Z');
const summer = Date.parse('2026-07-15T12:00:00Z');

describe('local time beside UTC', () => {
  const before = process.env['TZ'];
  after(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  for (const [zone, atMs, words, morning, midnight] of [
    ['UTC', winter, 'the same as UTC', '08:00', '24:00'],
    ['Asia/Kolkata', winter, '5 h 30 min ahead of UTC', '13:30', '05:30 +1'],
    ['America/New_York', winter, '5 h behind UTC', '03:00', '19:00'],
    ['America/New_York', summer, '4 h behind UTC', '04:00', '20:00'],
    ['Pacific/Auckland', winter, '13 h ahead of UTC', '21:00', '13:00 +1'],
  ] as const) {
    it(`in ${zone} on ${new Date(atMs).toISOString().slice(0, 10)} is ${words}`, () => {
      process.env['TZ'] = zone;
      assert.equal(offsetWords(atMs), words);
      assert.equal(localTimeOf(8 * 60, atMs), morning);
      assert.equal(localTimeOf(24 * 60, atMs), midnight);
    });
  }

  it('marks the day before', () => {
    process.env['TZ'] = 'America/New_York';
    assert.equal(localTimeOf(0, winter), '19:00 −1');
  });
});
