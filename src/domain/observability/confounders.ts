import { display } from '../display.ts';
import type { HistoryEvent } from '../timeline/event.ts';

/** The latest change of a policy pack. */
export interface PolicyChange {
  readonly pack: string;
  readonly kind: 'added' | 'changed' | 'removed';
  readonly atMs: number;
}

/** One of the two periods of a comparison. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
  /** 0..1 */
  readonly coverage: number;
  readonly policyChanges: readonly PolicyChange[];
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

/** Events of a server that may explain a change. */
export const confoundingActions: readonly string[] = Object.keys(words);

const enoughCoverage = 0.8;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const listed = 8;

/** What besides the load differs between two periods and may explain a change, as sentences; times are UTC. */
export function confounders(baseline: Period, compare: Period): string[] {
  const found = [
    ...eventsOf(baseline, 'baseline'),
    ...eventsOf(compare, 'compared'),
    ...policiesOf(baseline, 'baseline'),
    ...policiesOf(compare, 'compared'),
  ];
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

function policiesOf({ policyChanges }: Period, name: string): string[] {
  return policyChanges.slice(0, listed).map(({ pack, kind, atMs }) => {
    return `The policy pack ${display(pack)} was ${kind} at ${minuteText(new Date(atMs).toISOString())}, in the ${name} period.`;
  });
}

function minuteText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
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
    return `${kind} at ${minuteText(first)}${more}, in the ${name} period.`;
  });
}
