import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import type { RedisSession } from './redis.ts';

/** What the gate needs to know about a connection at the moment of a command. */
export interface ActiveConnection {
  readonly definition: ConnectionDefinition;
  readonly session: RedisSession;
  /** Whether writes are refused now: the definition's read-only, unless unlocked. */
  readonly readOnlyNow: boolean;
}

export interface Sessions {
  /** Connects when trusted and necessary; rejects with the true cause. */
  active(connectionUid: string): Promise<ActiveConnection>;
}
