import assert from 'node:assert/strict';
import { shortTime, timeOrDay, visibleStretch, zoneText } from '../../../../webviews/observability/times.ts';

describe('webviews/observability/times', () => {
  /** Half past midnight on the reader's clock. */
  const nowMs = new Date(2026, 10, 23, 0, 30).getTime();
  const ago = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

  it('tells what was an hour ago by its time, also when that was yesterday', () => {
    assert.equal(timeOrDay(ago(60), nowMs), '23:30:00');
    assert.equal(shortTime(ago(60), nowMs), '23:30:00.000');
    assert.equal(timeOrDay(ago(10), nowMs), '00:20:00');
  });

  it('tells another day by its date', () => {
    assert.match(timeOrDay(ago(2 * 1440), nowMs), /21/);
    assert.match(shortTime(ago(2 * 1440), nowMs), /21.*00:30/);
  });

  it('says the zone of the moment that it is given', () => {
    assert.match(zoneText(nowMs), /^Times (?:in UTC|local, UTC[+−]\d)/);
  });

  it('shows a stretch from where it begins, also when the page is a moment behind the host', () => {
    const [from, to] = [nowMs - 30 * 60_000, nowMs];
    assert.deepEqual(visibleStretch(from, to, to - 40), { fromMs: from, toMs: to - 40 });
    assert.deepEqual(visibleStretch(from, to, to + 40), { fromMs: from, toMs: to });
  });

  it('shows two minutes around what is narrower, and no future', () => {
    const [from, to] = [nowMs - 600_000, nowMs - 580_000];
    assert.deepEqual(visibleStretch(from, to, nowMs), { fromMs: nowMs - 650_000, toMs: nowMs - 530_000 });
    assert.deepEqual(visibleStretch(nowMs - 10_000, nowMs, nowMs), { fromMs: nowMs - 120_000, toMs: nowMs });
  });
});
