import { textOf, toBase64, type Bytes } from '../../domain/bytes.ts';
import { asFailure, isFailure, type Failure } from '../../domain/failure.ts';
import { KeyIndex } from '../../domain/keys/keyIndex.ts';
import { KeyList } from '../../domain/keys/keyList.ts';
import { listFolder, type FolderListing, type FolderQuery } from '../../domain/keys/tree.ts';
import { described, scanPages, totalKeys } from './browse.ts';
import type { KeysParts } from './parts.ts';

export interface KeyFilter {
  readonly pattern?: string;
  readonly type?: string;
}

export interface BrowserState {
  /**
   * `paused` = a scan reached its budget and can go on; `stopped` = by the person; `full` = as many names as may be
   * held in memory; `complete` = the keyspace is covered.
   */
  readonly kind: 'idle' | 'scanning' | 'paused' | 'stopped' | 'full' | 'complete' | 'failed';
  /** Distinct keys found. */
  readonly found: number;
  /** 0..1 of the keyspace looked at. */
  readonly coverage: number;
  /** Keys in the database by the server's count; null before it was asked. */
  readonly total: number | null;
  readonly failure?: Failure;
}

/** What a listed key is, asked for only when it is shown. */
export interface ShownKey {
  readonly type: string;
  readonly ttlMs: number | null;
}

/** Keys looked at before a scan pauses by itself: nobody's expanding of a tree walks a billion keys. */
const looksPerScan = 2_000_000;
/** Names and their index; beyond it a scan stops and a filter is needed. */
const maxHeldBytes = 192 << 20;
const refreshEveryMs = 500;
const shownKeysKept = 20_000;

/** The keys of one connection as a tree sees them: one scan at a time fills one index, folders are listed from it. */
export class KeyBrowser {
  readonly #parts: KeysParts;
  readonly #uid: string;
  readonly #changed: () => void;
  #index = new KeyIndex();
  #filter: KeyFilter = {};
  #kind: BrowserState['kind'] = 'idle';
  #failure: Failure | undefined;
  #cursor: string | undefined;
  #looked = 0;
  #total: number | null = null;
  #abort: AbortController | undefined;
  #tick: { dispose(): void } | undefined;
  #firstKeys: Promise<void> = Promise.resolve();
  #listingMs = 0;
  readonly #shown = new Map<string, ShownKey>();

  /** `changed` hears of new keys and states, twice a second at most. */
  constructor(parts: KeysParts, uid: string, changed: () => void) {
    this.#parts = parts;
    this.#uid = uid;
    this.#changed = changed;
  }

  get filter(): KeyFilter {
    return this.#filter;
  }

  state(): BrowserState {
    const coverage = this.#kind === 'complete' ? 1 : Math.min(0.99, this.#looked / Math.max(1, this.#total ?? 0));
    return {
      kind: this.#kind,
      found: this.#index.size,
      coverage: this.#kind === 'idle' || this.#total === null ? 0 : coverage,
      total: this.#total,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** Scans from the start, with another filter when one is given. */
  restart(filter: KeyFilter = this.#filter): void {
    this.#abort?.abort();
    this.#filter = filter;
    this.#index = new KeyIndex();
    this.#shown.clear();
    [this.#cursor, this.#looked, this.#total, this.#failure] = [undefined, 0, null, undefined];
    this.#scan();
  }

  /** Goes on where a scan paused, was stopped or failed. */
  resume(): void {
    if (this.#kind === 'paused' || this.#kind === 'stopped' || this.#kind === 'failed') this.#scan();
  }

  stop(): void {
    if (this.#kind !== 'scanning') return;
    this.#abort?.abort();
    this.#kind = 'stopped';
    this.#announce();
  }

  /** Forgets everything: the connection is closed, or shows another database. */
  reset(): void {
    this.#abort?.abort();
    this.#tick?.dispose();
    [this.#index, this.#kind, this.#filter] = [new KeyIndex(), 'idle', {}];
    [this.#cursor, this.#looked, this.#total, this.#failure] = [undefined, 0, null, undefined];
    this.#shown.clear();
  }

  /** Lists a folder; the first call scans, and answers as soon as there is something to see. */
  async list(query: FolderQuery): Promise<FolderListing> {
    if (this.#kind === 'idle') this.restart();
    await this.#firstKeys;
    const start = this.#parts.clock.monoMs();
    const steps = listFolder(this.#index, query);
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        this.#listingMs = Math.max(this.#listingMs / 2, this.#parts.clock.monoMs() - start);
        return step.value;
      }
      await this.#breathe();
    }
  }

  /** Types and TTLs of keys that are about to be shown, asked once per scan. Keys that vanished are missing. */
  async describe(keys: readonly Bytes[]): Promise<ReadonlyMap<string, ShownKey>> {
    const unknown = keys.filter((key) => !this.#shown.has(nameOf(key)));
    if (this.#shown.size + unknown.length > shownKeysKept) this.#shown.clear();
    for (const info of await described(this.#parts, this.#uid, unknown)) {
      this.#shown.set(nameOf(info.key), { type: info.type, ttlMs: info.ttlMs ?? null });
    }
    return new Map(
      keys.flatMap((key) => {
        const name = nameOf(key);
        const shown = this.#shown.get(name);
        return shown === undefined ? [] : [[name, shown]];
      }),
    );
  }

  /** After a write by this window: the key is shown as it is now, without another scan. */
  noteWritten(key: Bytes): void {
    this.#shown.delete(nameOf(key));
    if (this.#kind !== 'idle') this.#index.add(KeyList.of([key]));
    this.#announce();
  }

  noteRemoved(keys: readonly Bytes[]): void {
    for (const key of keys) {
      this.#index.remove(key);
      this.#shown.delete(nameOf(key));
    }
    this.#announce();
  }

  #scan(): void {
    const abort = new AbortController();
    this.#abort = abort;
    [this.#kind, this.#failure] = ['scanning', undefined];
    let show: () => void = () => undefined;
    this.#firstKeys = new Promise((resolve) => (show = resolve));
    this.#fill(abort.signal, show)
      .catch((error: unknown) => {
        if (abort.signal.aborted || isFailure(error, 'CANCELLED')) return;
        [this.#kind, this.#failure] = ['failed', asFailure(error)];
      })
      .finally(() => {
        show();
        if (!abort.signal.aborted) this.#announce();
      });
    this.#changed();
  }

  async #fill(signal: AbortSignal, show: () => void): Promise<void> {
    this.#total = await totalKeys(this.#parts, this.#uid);
    const until = this.#looked + looksPerScan;
    const from = this.#cursor === undefined ? {} : { cursor: this.#cursor };
    const index = this.#index;
    const firstAt = this.#parts.clock.monoMs() + firstLookMs;
    for await (const page of scanPages(this.#parts, this.#uid, { ...this.#filter, ...from, signal })) {
      if (signal.aborted) return;
      index.add(page.keys);
      this.#looked += page.looked;
      this.#cursor = page.cursor;
      if (page.cursor === undefined) this.#kind = 'complete';
      else if (index.heldBytes > maxHeldBytes) this.#kind = 'full';
      else if (this.#looked >= until) this.#kind = 'paused';
      if (this.#kind !== 'scanning') return;
      if (this.#parts.clock.monoMs() >= firstAt) show();
      this.#announceSoon();
    }
  }

  /** Listing many keys takes a while, so the more there are the rarer a growing tree is drawn anew. */
  #announceSoon(): void {
    this.#tick ??= this.#parts.clock.after(Math.max(refreshEveryMs, 6 * this.#listingMs), () => this.#announce());
  }

  #announce(): void {
    this.#tick?.dispose();
    this.#tick = undefined;
    this.#changed();
  }

  #breathe(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(0, resolve);
    });
  }
}

/** A small keyspace is shown whole at once; a large one after this long, and then grows. */
const firstLookMs = 250;

/** A key's name in a Map. */
export function nameOf(key: Bytes | string): string {
  return typeof key === 'string' ? `t${key}` : nameOfBytes(key);
}

function nameOfBytes(key: Bytes): string {
  const text = textOf(key);
  return text === null ? `b${toBase64(key)}` : `t${text}`;
}
