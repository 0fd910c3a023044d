import { formatPercent } from '../format.ts';
import type { ConnectionHealth } from './overview.ts';

export type Condition = 'healthy' | 'attention' | 'down' | 'unknown';

export interface HealthVerdict {
  readonly condition: Condition;
  /** Why, in a few words each; empty when all is well. */
  readonly reasons: readonly string[];
}

/** From these shares on a person should look. */
const failedShare = 0.05;
const memoryShare = 0.9;

/** How a connection is doing, by what was measured; what was not measured is no reason for or against. */
export function healthVerdict(health: ConnectionHealth): HealthVerdict {
  const { state, errorRate, usedMemoryBytes, maxMemoryBytes, sampledAt } = health;
  if (state === 'failed' || state === 'reconnecting') return { condition: 'down', reasons: ['does not answer'] };
  if (state !== 'ready') return { condition: 'unknown', reasons: ['not connected'] };
  const reasons: string[] = [];
  if (errorRate !== null && errorRate >= failedShare) reasons.push(`${formatPercent(errorRate)} failed`);
  const used = usedMemoryBytes === null ? null : ratio(usedMemoryBytes, maxMemoryBytes);
  if (used !== null && used >= memoryShare) reasons.push(`memory ${formatPercent(used)} full`);
  if (reasons.length > 0) return { condition: 'attention', reasons };
  return sampledAt === null
    ? { condition: 'unknown', reasons: ['not measured yet'] }
    : { condition: 'healthy', reasons };
}

/** Null where there is no limit; a limit of 0 is none, as the server itself means it. */
function ratio(used: number, limit: number | null): number | null {
  return limit === null || limit <= 0 ? null : used / limit;
}
