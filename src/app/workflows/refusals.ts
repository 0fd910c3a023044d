import { display } from '../../domain/display.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import type { RunRow } from '../ports/workflows.ts';

/** Why a call on a run is refused, in words. */

export function noPlan(runId: string): Failure {
  return validationFailure(
    'runId',
    `The run ${display(runId)} has no plan here: it was made by another program or purged.`,
  );
}

export function oneNodeOnly(): Failure {
  return new Failure(
    'NOT_SUPPORTED',
    'This server is one node of a Redis Cluster, and the connection names only it: a workflow would see a part of the keys.',
    {
      nextAction: 'Set `cluster` in the definition of the connection, so that Cachify knows all nodes.',
    },
  );
}

export function submitted(row: RunRow): Failure {
  return new Failure('CONFLICT', `This plan was started already; its run is ${row.state}. Nothing was begun twice.`, {
    details: { rule: 'duplicate', state: row.state, runId: row.id },
    nextAction: 'Look at the run, or plan the same again (Rerun).',
  });
}

export function duplicate(twin: RunRow): Failure {
  return new Failure('CONFLICT', 'The same workflow is running on this connection now. Nothing was begun twice.', {
    details: { rule: 'duplicate', runId: twin.id },
    nextAction: 'Wait for that run, or cancel it.',
  });
}

export function wrongState(row: RunRow, participle: string): Failure {
  return new Failure('CONFLICT', `A run that is ${row.state} cannot be ${participle}.`, {
    details: { state: row.state },
    nextAction: 'Refresh the list of runs.',
  });
}

export function elsewhere(): Failure {
  return new Failure('CONFLICT', 'This run is executed by another window.', {
    details: { rule: 'lease' },
    nextAction: 'Use the window that runs it.',
  });
}

export function nothingKept(): Failure {
  return new Failure('CONFLICT', 'No values from before were kept for this run, so there is nothing to undo.', {
    nextAction: 'Turn `undo` on for the connection before the next run.',
  });
}

export function undoPurged(): Failure {
  return new Failure(
    'CONFLICT',
    'What this run kept for its undo was purged, so it cannot be undone. Nothing was changed.',
    {
      details: { rule: 'undoPurged' },
      nextAction: 'Within two hours the purge can be taken back: Cachify: Undo Purge….',
    },
  );
}

/** Why a run that nobody executes stands still. */
export const ownerGone = {
  code: 'CANCELLED',
  message: 'The window that ran it is gone. What was done up to the checkpoint is certain.',
  nextAction: 'Resume to finish it, or undo what was done.',
} as const;
