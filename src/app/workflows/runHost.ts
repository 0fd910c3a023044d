import { Failure } from '../../domain/failure.ts';
import type { Hmac } from '../../domain/workflows/token.ts';
import type { RunRow } from '../ports/workflows.ts';
import type { Beginning } from './begin.ts';
import { RunEngine, type EngineOptions } from './engine.ts';
import { RunJournal } from './journal.ts';
import { raiseRunAlert } from './runAlerts.ts';
import type { WorkflowParts } from './parts.ts';

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
  readonly #keyListeners = new Set<(connectionUid: string) => void>();
  #closed = false;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  /** Called after every stored step of any run here, and when something else changed a run. */
  onDidChange(listener: (runId: string) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Called when a run or an undo of this window changed keys of a connection and stands still. */
  onDidChangeKeys(listener: (connectionUid: string) => void): { dispose(): void } {
    this.#keyListeners.add(listener);
    return { dispose: () => this.#keyListeners.delete(listener) };
  }

  changedKeys(connectionUid: string): void {
    for (const listener of this.#keyListeners) listener(connectionUid);
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
    const taken = await this.#parts.leases.take(name);
    if ('fence' in taken) return taken.fence;
    throw new Failure('CONFLICT', 'Another window is working on this run.', {
      details: { rule: 'lease' },
      retryable: true,
      nextAction: 'Wait for it there, or close that window.',
    });
  }

  /** Begins to execute a run whose history says `running`, as it was found. */
  beginWith(journal: RunJournal, beginning: Beginning, action: string): void {
    const { definition, reader, server, undoRoom, cluster, ruling: begun } = beginning;
    const subject = journal.row.name;
    const onProgress = (): void => undefined;
    const options = { journal, definition, reader, server, undoRoom, begun, action, subject, onProgress };
    this.begin(cluster === undefined ? options : { ...options, cluster });
  }

  private begin(options: EngineOptions): void {
    const { journal } = options;
    const { id } = journal.row;
    const engine = new RunEngine(this.#parts, {
      ...options,
      onProgress: () => {
        options.onProgress();
        this.changed(id);
      },
    });
    const heart = this.#parts.leases.keep(`run:${id}`, journal.fence, () => engine.lose());
    const execute = async (): Promise<void> => {
      await engine.run();
      heart.dispose();
      await this.#parts.files.undo.close(journal.row.spoolId);
      await raiseRunAlert(this.#parts, journal.row);
      await this.#parts.leases.release(`run:${id}`, journal.fence);
      this.#hosted.delete(id);
      this.changed(id);
      this.changedKeys(journal.row.connectionId);
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
