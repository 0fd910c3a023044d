// A past for the pictures of the Observability panel: what a shop's operators and servers would have left behind.
import type { CommandDelta } from '../../src/domain/observability/commandStats.ts';
import type { ObservabilitySnapshot } from '../../src/domain/observability/snapshot.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { uidOf } from '../../test/support/connectionUid.ts';
import { seeded } from '../../test/support/seeded.ts';
import { idOf } from '../../test/support/storeRows.ts';
import type { DemoServer } from './servers.ts';
import { storesIn } from '../../test/support/storesIn.ts';

const MINUTE = 60_000;
const hours = 3;

/**
 * Writes three hours of operations, samples and engine events of user-scope connections into a new store: in the last
 * hour reads are twice as slow and saves fail more often on the first server, which restarted 70 minutes ago.
 */
export async function seedHistory(directory: string, servers: readonly DemoServer[]): Promise<void> {
  const stores = await storesIn(directory);
  const now = Date.now();
  let next = 1;
  const random = seeded(7);
  for (const [index, server] of servers.entries()) {
    const uid = uidOf(server.id);
    const events: HistoryEvent[] = [];
    const samples: ObservabilitySnapshot[] = [];
    const add = (at: number, more: Partial<HistoryEvent> & Pick<HistoryEvent, 'action'>): void => {
      events.push({
        id: idOf(next++),
        timestamp: new Date(at).toISOString(),
        source: 'app',
        connectionId: uid,
        environment: server.environment,
        keyOrPattern: '',
        durationMs: 0,
        status: 'success',
        attempt: 1,
        ...more,
      });
    };
    for (let minute = hours * 60; minute > 0; minute--) {
      const isLate = index === 0 && minute <= 60;
      const isSpike = index === 0 && minute >= 18 && minute <= 20;
      const count = Math.round((index === 0 ? 24 : 7) * (0.7 + 0.6 * random()));
      for (let i = 0; i < count; i++) {
        const at = now - minute * MINUTE + random() * MINUTE;
        const roll = random();
        const action = roll < 0.7 ? 'keys.read' : roll < 0.9 ? 'keys.write' : roll < 0.96 ? 'keys.scan' : 'keys.setTtl';
        const kind = ['cart', 'product', 'session', 'user', 'leaderboard', 'queue'][Math.floor(random() ** 2 * 6)];
        const failShare = isSpike ? 0.5 : isLate && action === 'keys.write' ? 0.08 : 0.008;
        const base = action === 'keys.scan' ? 30 : isLate && action === 'keys.read' ? 3.4 : 1.6;
        const durationMs = base * Math.exp(0.6 * (random() + random() + random() - 1.5)) * (random() < 0.004 ? 80 : 1);
        const keyOrPattern = action === 'keys.scan' ? `${kind}:*` : `${kind}:${1 + Math.floor(random() * 900)}`;
        if (random() >= failShare) add(at, { action, keyOrPattern, durationMs });
        else addFailure(at, action, keyOrPattern);
      }
      for (let quarter = 0; quarter < 4; quarter++) {
        // Nobody looked for a while, two hours ago.
        if (minute > 112 && minute < 124) continue;
        const at = now - minute * MINUTE + quarter * 15_000;
        samples.push(sampleAt(at, 400 + 120 * Math.sin(minute / 17) + 60 * random()));
      }
    }
    function addFailure(at: number, action: string, keyOrPattern: string): void {
      const retried = action === 'keys.read';
      const tries = retried ? 3 : 1;
      const attempts = Array.from({ length: tries }, (_, n) => ({
        at: new Date(at + n * 650).toISOString(),
        durationMs: 500,
        errorCode: 'TIMEOUT',
        ...(n < tries - 1 ? { delayMs: 150 } : { stopReason: 'exhausted' }),
      }));
      add(at, {
        action,
        keyOrPattern,
        durationMs: retried ? 500 : 4 + 3 * random(),
        status: 'error',
        errorCode: retried ? 'TIMEOUT' : 'CONFLICT',
        retryable: retried,
        attempt: tries,
        details: retried
          ? { failure: `${server.name} did not answer GET within 500 ms, so the connection was cut.`, attempts }
          : { failure: 'The key was changed by somebody else since it was opened. Nothing was written.' },
      });
    }
    function sampleAt(at: number, opsPerSecond: number): ObservabilitySnapshot {
      return {
        id: idOf(next++),
        connectionId: uid,
        timestamp: new Date(at).toISOString(),
        periodSeconds: 15,
        latencyP50Ms: 1.6,
        latencyP95Ms: 4.1,
        errorRate: 0.01,
        operationCount: 6,
        reconnectCount: 0,
        opsPerSecond: opsPerSecond / (index + 1),
        slowOpCount: 0,
        usedMemoryBytes: 61_000_000 + 4_000_000 * Math.sin(at / 3_000_000),
        maxMemoryBytes: 256 * 1024 * 1024,
        connectedClients: 9,
        keyspaceHits: 4_700,
        keyspaceMisses: 300,
        evictedKeys: 0,
        replicationLink: null,
        commands: busiest(opsPerSecond / (index + 1), at),
      };
    }
    /** Where 15 seconds of the server's time went: reads got dearer in the last hour. */
    function busiest(opsPerSecond: number, at: number): CommandDelta[] {
      const isLate = index === 0 && now - at <= 60 * MINUTE;
      const shares = [
        ['get', 0.55, isLate ? 5.2 : 2.4],
        ['zrange', 0.06, 38],
        ['hgetall', 0.2, 6],
        ['set', 0.15, 3.1],
        ['expire', 0.04, 1.2],
      ] as const;
      return shares
        .map(([command, share, usecPerCall]) => {
          const calls = Math.round(opsPerSecond * 15 * share);
          const usec = Math.round(calls * usecPerCall * (0.9 + 0.2 * random()));
          return { command, calls, usec, rejected: 0, failed: 0 };
        })
        .sort((a, b) => b.usec - a.usec);
    }
    if (index === 0) {
      const engine = { source: 'engine' as const };
      add(now - 70 * MINUTE, { ...engine, action: 'engine.restart', details: { uptimeSeconds: 2 } });
      for (let i = 0; i < 14; i++) {
        add(now - (2 + i * 9) * MINUTE, {
          ...engine,
          action: 'engine.slowCommand',
          keyOrPattern: i % 3 === 0 ? 'leaderboard:weekly' : '',
          durationMs: 12 + 30 * random(),
          details: { command: i % 3 === 0 ? 'ZRANGE' : 'EVAL', slowlogId: 100 + i, client: '127.0.0.1:50213 shop-web' },
        });
      }
    }
    for (let at = 0; at < events.length; at += 2_000) await stores.history.append(events.slice(at, at + 2_000));
    for (let at = 0; at < samples.length; at += 2_000)
      await stores.history.appendSamples(samples.slice(at, at + 2_000));
  }
  await stores.close();
}
