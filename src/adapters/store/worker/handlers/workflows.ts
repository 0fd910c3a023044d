import type { WorkflowStore } from '../../../../app/ports/workflows.ts';
import type { PortCalls } from '../../messages.ts';
import {
  appendToRun,
  createRun,
  listRuns,
  removeRun,
  resumeRun,
  runById,
  runEvents,
  spoolsWithUndo,
} from '../repositories/workflowRuns.ts';
import { removeTemplate, saveTemplate, workflowTemplates } from '../repositories/workflowTemplates.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function workflowHandlers({ control }: StoreParts): Handlers<PortCalls<'workflows', WorkflowStore>> {
  return {
    'workflows.templates': () => workflowTemplates(control.read()),
    'workflows.saveTemplate': (template) => control.commit((tx) => saveTemplate(tx, template)),
    'workflows.removeTemplate': (id) => control.commit((tx) => removeTemplate(tx, id)),
    'workflows.run': (id) => runById(control.read(), id),
    'workflows.runs': (query) => listRuns(control.read(), query),
    'workflows.spoolsWithUndo': () => spoolsWithUndo(control.read()),
    'workflows.events': (runId) => runEvents(control.read(), runId),
    'workflows.create': (row, events) => control.commit((tx) => createRun(tx, row, events)),
    'workflows.append': (row, events, fence) => control.commit((tx) => appendToRun(tx, row, events, fence)),
    'workflows.resume': (old, row, events) => control.commit((tx) => resumeRun(tx, old, row, events)),
    'workflows.removeRun': (id) => control.commit((tx) => removeRun(tx, id)),
  };
}
