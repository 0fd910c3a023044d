import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import type { StopCause } from '../../domain/workflows/definition.ts';
import { isProcessOf, serverChange } from '../../domain/workflows/serverMark.ts';
import type { PlanReader } from '../ports/workflows.ts';
import type { BulkLine } from '../redis/bulkLine.ts';
import type { RunJournal } from './journal.ts';
import { Lanes } from './lanes.ts';
import type { WorkflowParts } from './parts.ts';
import { judgeServer, serverNow, type ServerNow } from './server.ts';

export interface RunLinesOptions {
  readonly journal: RunJournal;
  readonly definition: ConnectionDefinition;
  readonly reader: PlanReader;
  readonly server: ServerNow;
  readonly action: string;
  /** Made safe by `display()`. */
  readonly subject: string;
}

/** The lines of a run, each proven to lead to the server that the run was started on. */
export class RunLines {
  readonly #parts: WorkflowParts;
  readonly #options: RunLinesOptions;
  readonly lanes: Lanes;
  #server: ServerNow;

  constructor(parts: WorkflowParts, options: RunLinesOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#server = options.server;
    this.lanes = new Lanes((node) => this.#open(node));
  }

  /** The server as it was when a line was opened last. */
  get server(): ServerNow {
    return this.#server;
  }

  /** One row of the timeline for a batch. */
  record(batch: Parameters<BulkLine['record']>[0]): void {
    this.lanes.record(batch);
  }

  /** @throws ServerChanged when another server answers */
  async #open(node: string): Promise<BulkLine> {
    const { journal, definition, action, subject } = this.#options;
    const runId = journal.row.id;
    const line = await this.#parts.gate.openLine(definition.uid, { action, keyOrPattern: subject, runId }, node);
    try {
      if (!isProcessOf(this.#server.mark, line.runId)) await this.#prove();
    } catch (error) {
      line.close();
      throw error;
    }
    return line;
  }

  async #prove(): Promise<void> {
    const { journal, definition, reader, action } = this.#options;
    const now = await serverNow(this.#parts, definition, action);
    if (serverChange(this.#server.mark, now.mark).kind !== 'same') {
      const change = await judgeServer(this.#parts, definition, {
        known: this.#server.mark,
        next: journal.run.next,
        now: now.mark,
        reader,
      });
      if (change.kind === 'unproven' || change.kind === 'different') throw new ServerChanged(change.words);
    }
    this.#server = now;
  }
}

/** Another server answers, and nothing proves that it holds the same data. */
export class ServerChanged extends Error {
  override readonly cause: StopCause;

  constructor(words: string) {
    super(words);
    this.name = 'ServerChanged';
    this.cause = {
      code: 'CONFLICT',
      message: `The run was stopped before another item was touched: ${words}.`,
      nextAction: 'Make sure that this is the right server, then resume.',
    };
  }
}
