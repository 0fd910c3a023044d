import { randomUUID } from 'node:crypto';
import type { Stores } from '../../src/app/ports/stores.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';

export const dayStartMs = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;
const actions = ['keys.read', 'keys.write', 'keys.scan', 'keys.remove', 'keys.setTtl', 'keys.rename'];
const batch = 500;

/** The day that the events lie in. */
export const dayOf = { from: new Date(dayStartMs).toISOString(), to: new Date(dayStartMs + dayMs).toISOString() };

/** The n-th of `total` events that are spread over the day, on one of so many keys. */
export function dayEvent(n: number, total: number, keys = 1_000_003): HistoryEvent {
  const failed = n % 100 === 0;
  return {
    id: randomUUID(),
    timestamp: new Date(dayStartMs + Math.floor((n * dayMs) / total)).toISOString(),
    source: 'app',
    connectionId: `0123456789abcdef0123456789abcde${n % 5}`,
    environment: 'dev',
    action: actions[n % actions.length] ?? 'keys.read',
    keyOrPattern: `user:${(n * 7919) % keys}:profile`,
    durationMs: Math.round((0.2 + ((n * 7919) % 3000) / 1000) * 1000) / 1000,
    status: failed ? 'error' : 'success',
    ...(failed ? { errorCode: 'TIMEOUT' as const, retryable: true, attempt: 1 } : {}),
    correlationId: randomUUID(),
  };
}

/** Adds so many events, spread over the day. */
export async function addDay(history: Stores['history'], total: number): Promise<void> {
  const waiting: Promise<void>[] = [];
  for (let n = 0; n < total; n += batch) {
    waiting.push(history.append(Array.from({ length: batch }, (_, i) => dayEvent(n + i, total))));
    if (waiting.length >= 24) await waiting.shift();
  }
  await Promise.all(waiting);
  await history.flush();
}
