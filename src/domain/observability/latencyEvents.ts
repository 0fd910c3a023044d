import { textOf } from '../bytes.ts';
import { displayShort } from '../display.ts';
import type { RedisReply } from '../redis/command.ts';

/** The newest spike of one kind that the server's latency monitor kept. */
export interface LatencyEvent {
  /** `command`, `fork`, `aof-fsync-always`, … safe to show. */
  readonly event: string;
  /** UTC epoch milliseconds; the server keeps whole seconds. */
  readonly atMs: number;
  readonly durationMs: number;
}

const maxKinds = 64;

/** The answer to LATENCY LATEST. Total: whatever is no such row is left out. */
export function latencyEvents(reply: RedisReply): LatencyEvent[] {
  if (!Array.isArray(reply)) return [];
  const events: LatencyEvent[] = [];
  for (const row of (reply as readonly RedisReply[]).slice(0, maxKinds)) {
    if (!Array.isArray(row)) continue;
    const [name, seconds, ms] = row as readonly RedisReply[];
    if (!(name instanceof Uint8Array) || typeof seconds !== 'number' || typeof ms !== 'number') continue;
    events.push({ event: displayShort(textOf(name) ?? name, 60), atMs: seconds * 1000, durationMs: ms });
  }
  return events;
}
