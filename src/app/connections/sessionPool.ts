import type { ConnectionState } from '../../domain/connections/definition.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import type { RedisSession, SessionState } from '../ports/redis.ts';

/** What happened to a connection, for whoever shows or records it. */
export type PoolEvent =
  | { readonly kind: 'lost'; readonly uid: string; readonly failure?: Failure }
  | { readonly kind: 'restored'; readonly uid: string }
  | { readonly kind: 'changed'; readonly uid: string };

interface Slot {
  state: ConnectionState;
  session?: RedisSession;
  opening?: Promise<RedisSession>;
  abort?: AbortController;
  watch?: { dispose(): void };
  /** Closed by the person: nothing opens it again by itself. */
  closedByUser: boolean;
}

/** The open sessions of this window, one per connection, and the state that each shows. */
export class SessionPool {
  readonly #slots = new Map<string, Slot>();
  readonly #notify: (event: PoolEvent) => void;

  constructor(notify: (event: PoolEvent) => void) {
    this.#notify = notify;
  }

  state(uid: string): ConnectionState {
    return this.#slots.get(uid)?.state ?? { kind: 'disconnected' };
  }

  session(uid: string): RedisSession | undefined {
    return this.#slots.get(uid)?.session;
  }

  closedByUser(uid: string): boolean {
    return this.#slots.get(uid)?.closedByUser ?? false;
  }

  /** The open session, or one that `open` makes; callers at the same time share one attempt. */
  async ensure(uid: string, open: (signal: AbortSignal) => Promise<RedisSession>): Promise<RedisSession> {
    const slot = this.#slot(uid);
    if (slot.session) return slot.session;
    slot.opening ??= this.#open(uid, slot, open);
    return slot.opening;
  }

  /** Closes the session, or gives up the attempt that is running. */
  async close(uid: string, by: 'user' | 'change'): Promise<void> {
    const slot = this.#slots.get(uid);
    if (slot === undefined) return;
    const { session } = slot;
    slot.abort?.abort();
    slot.watch?.dispose();
    this.#slots.set(uid, { state: { kind: 'disconnected' }, closedByUser: by === 'user' });
    this.#notify({ kind: 'changed', uid });
    await session?.close();
  }

  async dispose(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) {
      slot.abort?.abort();
      slot.watch?.dispose();
    }
    await Promise.allSettled(slots.flatMap((slot) => slot.session?.close() ?? []));
  }

  #slot(uid: string): Slot {
    let slot = this.#slots.get(uid);
    if (slot === undefined) {
      slot = { state: { kind: 'disconnected' }, closedByUser: false };
      this.#slots.set(uid, slot);
    }
    return slot;
  }

  async #open(uid: string, slot: Slot, open: (signal: AbortSignal) => Promise<RedisSession>): Promise<RedisSession> {
    const abort = new AbortController();
    slot.abort = abort;
    slot.closedByUser = false;
    this.#show(uid, slot, { kind: 'connecting' });
    try {
      const session = await open(abort.signal);
      if (this.#slots.get(uid) !== slot) {
        await session.close();
        throw new Failure('CANCELLED', 'The connection was closed while it was being made.');
      }
      slot.session = session;
      slot.watch = session.onDidChangeState((state) => this.#follow(uid, slot, state));
      this.#follow(uid, slot, session.state());
      return session;
    } catch (error) {
      const failure = asFailure(error);
      if (this.#slots.get(uid) === slot) this.#openFailed(uid, slot, failure);
      throw failure;
    } finally {
      delete slot.opening;
      delete slot.abort;
    }
  }

  #openFailed(uid: string, slot: Slot, failure: Failure): void {
    const cancelled = failure.code === 'CANCELLED';
    this.#show(uid, slot, cancelled ? { kind: 'disconnected' } : { kind: 'failed', cause: failure.message });
  }

  #follow(uid: string, slot: Slot, state: SessionState): void {
    if (this.#slots.get(uid) !== slot) return;
    const before = slot.state.kind;
    switch (state.kind) {
      case 'ready':
        this.#show(uid, slot, { kind: 'ready' });
        if (before === 'reconnecting') this.#notify({ kind: 'restored', uid });
        return;
      case 'reconnecting':
        this.#show(uid, slot, state);
        if (before === 'ready') this.#notify({ kind: 'lost', uid });
        return;
      case 'closed': {
        slot.watch?.dispose();
        delete slot.session;
        const { cause } = state;
        this.#show(uid, slot, cause ? { kind: 'failed', cause: cause.message } : { kind: 'disconnected' });
        this.#notify({ kind: 'lost', uid, ...(cause === undefined ? {} : { failure: cause }) });
      }
    }
  }

  #show(uid: string, slot: Slot, state: ConnectionState): void {
    slot.state = state;
    this.#notify({ kind: 'changed', uid });
  }
}
