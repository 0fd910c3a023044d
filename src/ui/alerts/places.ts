import type { AlertRule } from '../../domain/alerts/rule.ts';

/** Where and when an alert was, for links to other surfaces. */
export interface AlertPlace {
  /** Absent = of no one connection. */
  readonly connectionId: string | undefined;
  readonly fromMs: number;
  /** null = it goes on. */
  readonly toMs: number | null;
  readonly rule: AlertRule | undefined;
}

/** The episode with `marginMs` on either side, not beyond now; at least a minute. */
export function episodeRange(
  { fromMs, toMs }: AlertPlace,
  marginMs: number,
  nowMs: number,
): { readonly from: string; readonly to: string } {
  const end = Math.max(Math.min((toMs ?? nowMs) + marginMs, nowMs), fromMs + 60_000);
  return { from: new Date(fromMs - marginMs).toISOString(), to: new Date(end).toISOString() };
}

const charts: Readonly<Record<string, string>> = {
  errorRate: 'operations',
  failedOperationCount: 'operations',
  latencyP95Ms: 'latency',
  slowOperationCount: 'latency',
  memoryRatio: 'memory',
  evictedKeys: 'memory',
  fragmentationRatio: 'memory',
  residentRatio: 'memory',
  maxMemoryUnset: 'memory',
  hitRatio: 'hits',
  clientsRatio: 'clients',
  rejectedConnections: 'clients',
  slowCommandCount: 'commands',
  mainThreadCpuRatio: 'commands',
};

/** The chart of Observability that shows a metric. */
export function chartOf(metric: string | undefined): { readonly metric?: string } {
  const chart = metric === undefined ? undefined : charts[metric];
  return chart === undefined ? {} : { metric: chart };
}
