import { EventEmitter, Uri, window, workspace, type Disposable } from 'vscode';
import type { WorkflowService } from '../../app/workflows/workflowService.ts';
import { reportOf } from '../../app/workflows/report.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import { reportScheme } from '../contributions.ts';

/** Run reports as read-only Markdown documents, drawn anew while the run goes on. */
export function registerReports(service: WorkflowService): Disposable {
  const changes = new EventEmitter<Uri>();
  const open = new Map<string, Uri>();
  const provider = workspace.registerTextDocumentContentProvider(reportScheme, {
    onDidChange: changes.event,
    async provideTextDocumentContent(uri) {
      open.set(uri.query, uri);
      return reportOf(service, uri.query);
    },
  });
  const closing = workspace.onDidCloseTextDocument(({ uri }) => uri.scheme === reportScheme && open.delete(uri.query));
  const watching = service.onDidChange((runId) => {
    const uri = open.get(runId);
    if (uri !== undefined) changes.fire(uri);
  });
  return {
    dispose: () => {
      for (const each of [provider, closing, watching, changes]) each.dispose();
    },
  };
}

export async function showReport(run: WorkflowRun): Promise<void> {
  const name = `Run ${run.id.slice(0, 8)}.md`;
  const uri = Uri.from({ scheme: reportScheme, path: `/${name}`, query: run.id });
  await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
}
