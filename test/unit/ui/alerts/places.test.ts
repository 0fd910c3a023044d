import assert from 'node:assert/strict';
import { alertMetrics } from '../../../../src/domain/alerts/metrics/registry.ts';
import { panelCharts } from '../../../../src/protocol/panelLink.ts';
import { chartOf, episodeRange } from '../../../../src/ui/alerts/places.ts';

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const minute = 60_000;
const place = (fromMs: number, toMs: number | null) => ({ connectionId: 'shop', fromMs, toMs, rule: undefined });

describe('places of alerts', () => {
  it('an episode has its margin on both sides, and ends now at the latest', () => {
    const over = episodeRange(place(nowMs - 60 * minute, nowMs - 50 * minute), 15 * minute, nowMs);
    assert.deepEqual(over, { from: '2026-11-22T10:45:00.000Z', to: '2026-11-22T11:25:00.000Z' });
    const justOver = episodeRange(place(nowMs - 60 * minute, nowMs - 5 * minute), 15 * minute, nowMs);
    assert.equal(justOver.to, '2026-11-22T12:00:00.000Z');
    const goesOn = episodeRange(place(nowMs - 60 * minute, null), 15 * minute, nowMs);
    assert.deepEqual(goesOn, { from: '2026-11-22T10:45:00.000Z', to: '2026-11-22T12:00:00.000Z' });
  });

  it('an episode that has just begun is a minute long', () => {
    const { from, to } = episodeRange(place(nowMs - 1000, null), 0, nowMs);
    assert.equal(Date.parse(to) - Date.parse(from), minute);
  });

  it('a metric leads to a chart that is there, or to none', () => {
    for (const { id } of alertMetrics) {
      const { metric } = chartOf(id);
      assert.ok(metric === undefined || (panelCharts as readonly string[]).includes(metric), `${id}: ${metric}`);
    }
    assert.deepEqual(chartOf('latencyP95Ms'), { metric: 'latency' });
    assert.deepEqual(chartOf(undefined), {});
  });
});
