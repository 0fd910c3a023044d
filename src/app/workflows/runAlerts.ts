import { display, displayShort } from '../../domain/display.ts';
import { formatCount } from '../../domain/format.ts';
import type { RunState } from '../../domain/workflows/definition.ts';
import { stateWords } from '../../domain/workflows/words.ts';
import type { RaisedAlert } from '../ports/alertEvents.ts';
import type { RunRow } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';

/** States in which a run waits for a person who may not be looking. */
const severities: Partial<Readonly<Record<RunState, RaisedAlert['severity']>>> = {
  failed: 'warning',
  in_doubt: 'warning',
  interrupted: 'info',
};

/** Raises what a person must hear of a run that stopped; nothing for one that ended as it should. */
export async function raiseRunAlert(parts: WorkflowParts, row: RunRow): Promise<void> {
  const severity = severities[row.state];
  if (severity === undefined) return;
  const { counts, cause } = row;
  const where = connectionName(parts, row.connectionId);
  const far = `${formatCount(counts.done)} of ${formatCount(counts.planned)} items are done.`;
  await parts.alerts.raise({
    severity,
    title: `Workflow ${stateWords[row.state]}: ${displayShort(row.name)}`,
    message: [`On ${where}: ${far}`, cause?.message, cause?.nextAction].filter((part) => part !== undefined).join(' '),
    source: 'workflow',
    connectionId: row.connectionId,
  });
}

function connectionName(parts: WorkflowParts, uid: string): string {
  try {
    return display(parts.definitionOf(uid).name);
  } catch {
    // Its definition is gone; the run's record is not.
    return 'a removed connection';
  }
}
