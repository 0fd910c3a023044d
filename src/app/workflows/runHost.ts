import { asFailure, Failure } from '../../domain/failure.ts';
import type { Hmac } from '../../domain/workflows/token.ts';
import type { RunRow } from '../ports/workflows.ts';
import { RunEngine, type EngineOptions } from './engine.ts';
import { RunJournal } from './journal.ts';
import type { WorkflowParts } from './parts.ts';

/** How long a lease holds without a heartbeat, and how often it is renewed. */
export const leaseMs = 15_000;
const heartbeatMs = 4000;

interface Hosted {
  readonly engine: RunEngine;
  readonly journal: RunJournal;
  readonly ended: Promise<void>;
}

/** The runs that this window executes: their leases, heartbeats and ends. */
export class RunHost {
  readonly #parts: WorkflowParts;
  readonly #hosted = new Map<string, Hosted>();
  readonly #listeners = new Set<(runId: string) => void>();
  #closed = false;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  /** Called after every stored step of any run here, and when something else changed a run. */
  onDidChange(listener: (runId: string) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  changed(runId: string): void {
    for (const listener of this.#listeners) listener(runId);
  }

  isHere(runId: string): boolean {
    return this.#hosted.has(runId);
  }

  /** The row as it stands this moment, ahead of what lists read from the store. */
  liveRow(runId: string): RunRow | undefined {
    return this.#hosted.get(runId)?.journal.row;
  }

  live(runId: string): RunJournal | undefined {
    return this.#hosted.get(runId)?.journal;
  }

  /** Takes the lease of a run or of another job on it. @throws Failure CONFLICT when another window has it */
  async lease(name: string): Promise<number> {
    const { store, holder, clock } = this.#parts;
    const nowMs = clock.wallMs();
    const others = await store.leases(name);
    const gone = others.map((lease) => lease.holder).filter((other) => holder.isGone(other));
    const taken = await store.takeLease({ name, holder: holder.name, nowMs, untilMs: nowMs + leaseMs, gone });
    if ('fence' in taken) return taken.fence;
    throw new Failure('CONFLICT', 'Another window is working on this run.', {
      details: { rule: 'lease' },
      retryable: true,
      nextAction: 'Wait for it there, or close that window.',
    });
  }

  /** Keeps a lease until disposed; `lost` is told once when another window took it. */
  keep(name: string, fence: number, lost: () => void): { dispose(): void } {
    const { store, clock, log } = this.#parts;
    let over = false;
    const beat = async (): Promise<void> => {
      try {
        const kept = await store.renewLease(name, fence, clock.wallMs() + leaseMs);
        if (!kept && !over) return lost();
      } catch (error) {
        // The store may be busy for a moment; the fence protects what is written meanwhile.
        log.warn('lease not renewed', { code: asFailure(error).code });
      }
      if (!over) timer = clock.after(heartbeatMs, () => void beat());
    };
    let timer = clock.after(heartbeatMs, () => void beat());
    return {
      dispose: () => {
        over = true;
        timer.dispose();
      },
    };
  }

  /** Begins to execute a run whose history says `running`. */
  begin(options: EngineOptions): void {
    const { journal } = options;
    const { id } = journal.row;
    const engine = new RunEngine(this.#parts, {
      ...options,
      onProgress: () => {
        options.onProgress();
        this.changed(id);
      },
    });
    const heart = this.keep(`run:${id}`, journal.fence, () => engine.lose());
    const execute = async (): Promise<void> => {
      await engine.run();
      heart.dispose();
      await this.#parts.files.undo.close(journal.row.spoolId);
      // A lease that cannot be released runs out by itself.
      await this.#parts.store.releaseLease(`run:${id}`, journal.fence).catch(() => undefined);
      this.#hosted.delete(id);
      this.changed(id);
    };
    const ended = execute();
    this.#hosted.set(id, { engine, journal, ended });
    this.changed(id);
  }

  /** Resolves when the run is no longer executed here. */
  async ended(runId: string): Promise<void> {
    await this.#hosted.get(runId)?.ended;
  }

  request(runId: string, what: 'pause' | 'cancel'): boolean {
    const hosted = this.#hosted.get(runId);
    hosted?.engine.request(what);
    return hosted !== undefined;
  }

  /** Pauses what runs here, as well as the time that is left allows; what does not end in time is found interrupted. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const hosted = [...this.#hosted.values()];
    for (const { engine } of hosted) engine.request('pause');
    await Promise.allSettled(hosted.map(({ ended }) => ended));
  }

  /** A journal for a run that nobody executes, under a lease of its own. */
  async journal(row: RunRow, hmac: Hmac): Promise<RunJournal> {
    const { store, clock } = this.#parts;
    const fence = await this.lease(`run:${row.id}`);
    const events = await store.events(row.id);
    const fresh = (await store.run(row.id)) ?? row;
    return new RunJournal({ store, clock, hmac }, fresh, events, fence);
  }
}
