import type { ConnectionDefinition, ConnectionState } from '../../domain/connections/definition.ts';
import { fingerprint } from '../../domain/connections/fingerprint.ts';
import { display } from '../../domain/display.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/environment.ts';
import type { RedisGateway, RedisSession } from '../ports/redis.ts';
import type { Catalogue, UsableEntry } from './catalogue.ts';
import { about } from './connectionView.ts';
import type { CredentialResolver } from './credentials.ts';
import type { ConnectionJournal } from './journal.ts';
import { SessionPool, type PoolEvent } from './sessionPool.ts';
import type { UsedConnections } from './usedConnections.ts';

interface OpenSessionsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: RedisGateway;
  readonly catalogue: Catalogue;
  readonly credentials: CredentialResolver;
  readonly journal: ConnectionJournal;
  readonly used: UsedConnections;
  /** @throws Failure BLOCKED in an untrusted workspace */
  readonly demandTrust: () => void;
  readonly changed: () => void;
}

/** The open sessions of this window: how one is made, what is recorded of it, and that none outlives its definition. */
export class OpenSessions {
  readonly #parts: OpenSessionsParts;
  readonly #pool: SessionPool;
  /** The definitions that sessions were opened with, and since when a lost session is away. */
  readonly #openedWith = new Map<string, ConnectionDefinition>();
  readonly #lostSince = new Map<string, number>();

  constructor(parts: OpenSessionsParts) {
    this.#parts = parts;
    this.#pool = new SessionPool((event) => this.#onPool(event));
  }

  state(uid: string): ConnectionState {
    return this.#pool.state(uid);
  }

  session(uid: string): RedisSession | undefined {
    return this.#pool.session(uid);
  }

  /** Closed by the person: nothing opens it again by itself. */
  isClosedByUser(uid: string): boolean {
    return this.#pool.session(uid) === undefined && this.#pool.closedByUser(uid);
  }

  /** The open session, or one that is made now; `interactive` = a person may be asked for a secret. */
  ensure(entry: UsableEntry, interactive: boolean): Promise<RedisSession> {
    return this.#pool.ensure(entry.uid, (signal) => this.#open(entry, interactive, signal));
  }

  async close(uid: string, by: 'user' | 'change'): Promise<void> {
    const open = this.#pool.session(uid);
    this.#openedWith.delete(uid);
    this.#lostSince.delete(uid);
    this.#parts.used.closed(uid);
    await this.#pool.close(uid, by);
    const entry = this.#parts.catalogue.byUid(uid);
    if (open && entry) this.#parts.journal.done(about(entry), 'connections.disconnect', { by });
  }

  /** Settings or approvals changed: closes what was opened with another definition. */
  closeChanged(definitionOf: (uid: string) => ConnectionDefinition | undefined): void {
    for (const [uid, opened] of this.#openedWith) {
      const now = definitionOf(uid);
      if (now !== undefined && wiring(opened) === wiring(now)) continue;
      this.close(uid, 'change').catch((error: unknown) => {
        this.#parts.log.error('close failed', { connectionId: uid, code: asFailure(error).code });
      });
    }
  }

  dispose(): Promise<void> {
    return this.#pool.dispose();
  }

  async #open(entry: UsableEntry, interactive: boolean, signal: AbortSignal): Promise<RedisSession> {
    const { clock, credentials, demandTrust, gateway, journal, log, used } = this.#parts;
    const { definition, scopeRoot, uid } = entry;
    const start = clock.monoMs();
    this.#openedWith.set(uid, definition);
    try {
      const resolved = await credentials.resolve({ definition, scopeRoot, interactive });
      signal.throwIfAborted();
      demandTrust();
      const session = await gateway.open(definition, resolved, signal);
      const ms = clock.monoMs() - start;
      const { version, mode, user } = session.server;
      journal.done(definition, 'connections.connect', { version, mode, user: display(user) }, ms);
      used.opened(entry);
      log.info('connected', { connectionId: uid, ms: Math.round(ms) });
      return session;
    } catch (error) {
      const failure = signal.aborted ? gaveUp() : asFailure(error);
      if (!signal.aborted) this.#openedWith.delete(uid);
      if (failure.code !== 'CANCELLED') {
        journal.failed(definition, 'connections.connect', failure, clock.monoMs() - start);
        log.warn('connect failed', { connectionId: uid, code: failure.code });
      }
      throw failure;
    }
  }

  #onPool(event: PoolEvent): void {
    const definition = this.#openedWith.get(event.uid);
    const { clock, journal } = this.#parts;
    if (definition && event.kind === 'lost') {
      this.#lostSince.set(event.uid, clock.monoMs());
      const failure =
        event.failure ?? new Failure('CONNECTION_FAILED', 'The connection was lost.', { retryable: true });
      journal.failed(definition, 'connections.lost', failure);
    }
    if (definition && event.kind === 'restored') {
      const away = clock.monoMs() - (this.#lostSince.get(event.uid) ?? clock.monoMs());
      this.#lostSince.delete(event.uid);
      journal.done(definition, 'connections.restored', undefined, away);
    }
    this.#parts.changed();
  }
}

function gaveUp(): Failure {
  return new Failure('CANCELLED', 'The connection was closed while it was being made.');
}

/** What a session was built from: when it changes, the session is not the one that the definition means. */
function wiring(definition: ConnectionDefinition): string {
  return JSON.stringify([fingerprint(definition), definition.db, definition.timeoutMs, definition.secret]);
}
