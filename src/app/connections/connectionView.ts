import type { ConnectionDefinition, ConnectionState, ConnectionSummary } from '../../domain/connections/definition.ts';
import type { Unlock } from '../../domain/connections/unlock.ts';
import { invalidConnection, problemLines } from '../../domain/connections/validate.ts';
import type { ServerIdentity } from '../../domain/redis/server.ts';
import { isoAt } from '../ports/clock.ts';
import type { RedisSession } from '../ports/redis.ts';
import type { Entry, UsableEntry } from './catalogue.ts';
import { capabilityFlags } from './testConnection.ts';

/** Everything that a tree, a status bar or a panel shows about a connection. */
export interface ConnectionView {
  readonly summary: ConnectionSummary;
  readonly entry: Entry;
  readonly state: ConnectionState;
  /** The running break-glass unlock. */
  readonly unlock?: Unlock;
  readonly server?: ServerIdentity;
}

/** An entry as it stands at this moment; one with problems shows these as its state. */
export function connectionView(
  entry: Entry,
  now: {
    readonly state: ConnectionState;
    readonly unlock: Unlock | undefined;
    readonly session: RedisSession | undefined;
  },
): ConnectionView {
  const { unlock, session } = now;
  const state = entry.usable ? now.state : brokenState(entry);
  const summary: ConnectionSummary = {
    id: entry.id,
    uid: entry.uid,
    name: entry.name,
    environment: about(entry).environment,
    readOnly: !entry.usable || (entry.definition.readOnly && unlock === undefined),
    scope: entry.scope,
    state: state.kind,
    ...(state.kind === 'failed' ? { cause: state.cause } : {}),
    ...(unlock === undefined ? {} : { unlockedUntil: isoAt(unlock.untilWallMs) }),
    ...(session === undefined ? {} : { capabilities: capabilityFlags(session) }),
  };
  return {
    summary,
    entry,
    state,
    ...(unlock === undefined ? {} : { unlock }),
    ...(session === undefined ? {} : { server: session.server }),
  };
}

function brokenState(entry: Entry): ConnectionState {
  const lines = entry.usable ? [] : problemLines(entry.problems);
  return { kind: 'failed', cause: `The entry is not usable. ${lines.join(' ')}` };
}

/** What a record about an entry says of its connection. */
export function about(entry: Entry): Pick<ConnectionDefinition, 'uid' | 'environment'> {
  return { uid: entry.uid, environment: entry.usable ? entry.definition.environment : 'unknown' };
}

/** @throws Failure VALIDATION_ERROR for an entry with problems */
export function usable(entry: Entry): UsableEntry {
  if (entry.usable) return entry;
  throw invalidConnection(entry.problems);
}
