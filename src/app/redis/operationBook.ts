import type { OperationStats } from '../../domain/observability/operationStats.ts';
import type { HistoryEvent } from '../../domain/timeline/event.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Log } from '../ports/environment.ts';
import { OperationCounters } from './operationCounters.ts';
import { recordOf, type Ended, type Recorded } from './operationRecord.ts';

/** Takes the record of an operation; must not throw and must not be waited for. */
export interface OperationRecorder {
  record(event: HistoryEvent): void;
}

export interface BookParts {
  readonly clock: Clock;
  readonly recorder: OperationRecorder;
  readonly log: Log;
  /** A new id for a timeline event. */
  readonly newId: () => string;
}

/** Where every operation that ended is told: the counts for the sampler, the timeline, and the log when the fault is ours. */
export class OperationBook {
  readonly #parts: BookParts;
  readonly #counters = new OperationCounters();

  constructor(parts: BookParts) {
    this.#parts = parts;
  }

  /** One operation, however often it was tried; nothing of it when `record` is false. */
  record(connectionUid: string, operation: Recorded, ended: Ended): void {
    if (operation.record === false) return;
    const { active, attempts, failure } = ended;
    const { clock, recorder, newId, log } = this.#parts;
    if (failure === undefined) this.#counters.succeeded(connectionUid, attempts.at(-1)?.durationMs ?? 0);
    else if (failure.code !== 'BLOCKED') this.#counters.failed(connectionUid);
    recorder.record({
      id: newId(),
      ...recordOf(operation, ended, isoTime(clock)),
      connectionId: connectionUid,
      environment: active?.definition.environment ?? 'unknown',
    });
    if (failure?.code === 'INTERNAL_ERROR')
      log.error('operation failed', { action: operation.action, code: failure.code });
  }

  /** What was counted since the last call, which starts the count anew. */
  drain(connectionUid: string): OperationStats {
    return this.#counters.drain(connectionUid);
  }
}
