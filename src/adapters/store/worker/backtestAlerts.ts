import type { BacktestRequest, StoredBacktest } from '../../../app/ports/alerts.ts';
import { backtestConnection, worstSeries, type ConnectionBacktest } from '../../../domain/alerts/backtest.ts';
import { metricOf } from '../../../domain/alerts/metrics/registry.ts';
import type { SqlDatabase } from '../sql/driver.ts';
import { minutesByConnection } from './alertMinutes.ts';
import { isoMs } from './windows.ts';

const minuteMs = 60_000;

/** What a rule would have done on each connection; other work of the thread runs in between. */
export async function backtestAlerts(
  database: () => SqlDatabase,
  { rule, connectionIds, from, to, mostPoints }: BacktestRequest,
  giveWay: () => Promise<void>,
): Promise<StoredBacktest> {
  const fromMs = Math.floor(Date.parse(isoMs(from)) / minuteMs) * minuteMs;
  const toMs = Math.ceil(Date.parse(isoMs(to)) / minuteMs) * minuteMs;
  const metric = metricOf(rule.metric);
  const needs = {
    sketches: metric?.kind === 'quantile',
    slow: metric?.id === 'slowOperationCount',
    engine: metric?.reads ?? [],
    lost: false,
  };
  const found: (ConnectionBacktest & { readonly connectionId: string })[] = [];
  for (const connectionId of connectionIds) {
    const query = { fromMs: fromMs - rule.lookbackMinutes * minuteMs, toMs, connectionId, ...needs };
    const minutes = minutesByConnection(database(), query).get(connectionId) ?? [];
    if (minutes.some(({ startMs }) => startMs >= fromMs)) {
      found.push({ connectionId, ...backtestConnection(rule, connectionId, minutes, fromMs, toMs) });
    }
    await giveWay();
  }
  const episodes = found.flatMap((each) => each.episodes);
  return {
    episodes: episodes.sort((a, b) => (a.firedAt < b.firedAt ? 1 : a.firedAt > b.firedAt ? -1 : 0)),
    coverage: found.length === 0 ? 0 : found.reduce((sum, { coverage }) => sum + coverage, 0) / found.length,
    series: worstSeries(
      rule,
      found.map(({ values }) => values),
      fromMs,
      mostPoints,
    ),
    seen: found.map(({ connectionId }) => connectionId),
    lacking: found.filter(({ lacksMetric }) => lacksMetric).map(({ connectionId }) => connectionId),
  };
}
