import { display } from '../display.ts';
import type { HistoryEvent } from '../timeline/event.ts';

/** One of the two periods of a comparison. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
  /** 0..1 */
  readonly coverage: number;
  readonly engineEvents: readonly (Pick<HistoryEvent, 'action' | 'timestamp'> & { readonly connection: string })[];
}

const words: Readonly<Record<string, string>> = {
  'engine.restart': 'restarted',
  'engine.failover': 'was replaced by another server',
  'engine.statsReset': 'had its statistics reset',
  'engine.roleChange': 'changed its role',
  'engine.versionChange': 'changed its version',
  'engine.configChange': 'changed its memory limit or eviction policy',
  'engine.replicationDown': 'lost its replication link',
  'engine.evictions': 'evicted keys',
};

const enoughCoverage = 0.8;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const listed = 8;

/** What besides the load differs between two periods and may explain a change, as sentences; times are UTC. */
export function confounders(baseline: Period, compare: Period): string[] {
  const found = [...eventsOf(baseline, 'baseline'), ...eventsOf(compare, 'compared')];
  for (const [period, name] of [
    [baseline, 'baseline'],
    [compare, 'compared'],
  ] as const) {
    if (period.coverage >= enoughCoverage) continue;
    found.push(`Only ${Math.round(period.coverage * 100)} % of the ${name} period was watched.`);
  }
  const lengths = [baseline, compare].map(({ fromMs, toMs }) => toMs - fromMs);
  if (lengths[0] !== lengths[1])
    found.push('The periods are not equally long: counts are compared per watched second.');
  const apart = Math.abs(compare.fromMs - baseline.fromMs);
  if (apart % dayMs !== 0) found.push('The periods lie at different times of day.');
  if (weekday(baseline.fromMs) !== weekday(compare.fromMs))
    found.push('The periods lie on different days of the week.');
  return found;
}

function weekday(ms: number): number {
  return new Date(ms).getUTCDay();
}

function eventsOf(period: Period, name: string): string[] {
  const byKind = new Map<string, string[]>();
  for (const { action, timestamp, connection } of period.engineEvents) {
    const what = words[action];
    if (what === undefined) continue;
    const kind = `${display(connection)} ${what}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), timestamp]);
  }
  return [...byKind].slice(0, listed).map(([kind, times]) => {
    const first = [...times].sort()[0] ?? '';
    const more = times.length > 1 ? ` and ${times.length - 1} more times` : '';
    return `${kind} at ${first.slice(0, 16).replace('T', ' ')} UTC${more}, in the ${name} period.`;
  });
}
