import type { AlertRule } from './rule.ts';
import { isActive, type AlertInstance } from './state.ts';

/** A rule and its state, of one connection. */
export interface Judged {
  readonly rule: AlertRule;
  readonly instance: AlertInstance | null;
}

export const connectionDownMetric = 'connectionDown';

/**
 * Which rule keeps a person from being told of another one of the same connection: a lost connection explains all the
 * rest, and a critical alert the milder one of the same metric. null = none.
 */
export function mutedBy(judged: Judged, ofConnection: readonly Judged[]): string | null {
  const { rule } = judged;
  if (rule.metric !== connectionDownMetric) {
    const down = ofConnection.find((other) => other.rule.metric === connectionDownMetric && isFiring(other));
    if (down !== undefined) return down.rule.id;
  }
  if (rule.severity === 'critical') return null;
  const worse = ofConnection.find(
    (other) => other.rule.severity === 'critical' && other.rule.metric === rule.metric && isFiring(other),
  );
  return worse?.rule.id ?? null;
}

function isFiring({ instance }: Judged): boolean {
  return instance !== null && isActive(instance);
}

/**
 * Since when what a connection says is fresh: while it is lost nothing else is judged (`down`), and once it is back, only
 * on what came after.
 */
export function freshness(ofConnection: readonly Judged[]): { readonly down: boolean; readonly sinceMs: number } {
  let sinceMs = 0;
  for (const { rule, instance } of ofConnection) {
    if (rule.metric !== connectionDownMetric || instance === null) continue;
    if (isActive(instance) && instance.gone === 0) return { down: true, sinceMs };
    if (instance.state === 'resolved') sinceMs = Math.max(sinceMs, instance.sinceMs);
  }
  return { down: false, sinceMs };
}
