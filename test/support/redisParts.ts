// What tests of the Redis adapters need around a server: definitions, a clock, a gate over one open session.
import { SocketGateway } from '../../src/adapters/redis/gateway.ts';
import type { ActiveConnection } from '../../src/app/ports/sessions.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { Credentials, RedisSession } from '../../src/app/ports/redis.ts';
import { CommandGate } from '../../src/app/redis/commandGate.ts';
import type { ConnectionDefinition } from '../../src/domain/connections/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { noPacks } from './noPacks.ts';
import { systemClock } from './systemClock.ts';

/** A definition as validation would make it, on 127.0.0.1, read-write and dev unless said otherwise. */
export function definitionOf(over: Partial<ConnectionDefinition> = {}): ConnectionDefinition {
  return {
    uid: 'uid-test',
    id: 'test',
    name: 'Test',
    scope: 'user',
    host: '127.0.0.1',
    port: 6379,
    db: 0,
    tls: { enabled: false, rejectUnauthorized: true },
    environment: 'dev',
    tags: [],
    readOnly: false,
    timeoutMs: 3_000,
    retry: { maxAttempts: 0, backoffMs: 10, strategy: 'fixed', abortOnErrorRate: 1 },
    delimiter: ':',
    secret: 'stored',
    undo: true,
    ...over,
  };
}

const opened: RedisSession[] = [];

/** Opens a session that `closeSessions` closes, also when its test failed: a session left over reconnects for ever. */
export async function openSession(
  over: Partial<ConnectionDefinition> = {},
  credentials: Credentials = noSecret,
): Promise<RedisSession> {
  const session = await new SocketGateway().open(definitionOf(over), credentials);
  opened.push(session);
  return session;
}

export async function closeSessions(): Promise<void> {
  await Promise.all(opened.splice(0).map((session) => session.close()));
}

export const noSecret: Credentials = { secret: {} };

export interface GateBox {
  readonly gate: CommandGate;
  readonly events: HistoryEvent[];
  /** Replace to lock or unlock. */
  active: ActiveConnection;
}

/** A gate over one session, with its records in an array. */
export function gateOver(
  session: RedisSession,
  definition: ConnectionDefinition = definitionOf(),
  clock: Clock = systemClock,
): GateBox {
  const events: HistoryEvent[] = [];
  let ids = 0;
  const box: GateBox = {
    active: { definition, session, readOnlyNow: definition.readOnly },
    events,
    gate: new CommandGate({
      governance: noPacks,
      sessions: { active: () => Promise.resolve(box.active) },
      clock,
      recorder: { record: (event) => events.push(event) },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      newId: () => `event-${++ids}`,
    }),
  };
  return box;
}
