import { Uri, window, workspace } from 'vscode';
import { timeline, type TimelineRequest } from '../../app/observability/timeline.ts';
import type { WatchedConnections } from '../../app/observability/watched.ts';
import type { RowFiles } from '../../app/ports/rowFiles.ts';
import type { HistoryStore } from '../../app/ports/stores.ts';
import { Failure } from '../../domain/failure.ts';
import { exportHeader, exportLine, type ExportFormat } from '../../domain/observability/export.ts';

interface ExportRequest {
  readonly history: Pick<HistoryStore, 'timeline'>;
  readonly connections: WatchedConnections;
  readonly selection: TimelineRequest;
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
}

const pageRows = 5_000;

/** Asks for a file and writes every row of the selection, newest first. Null when no file was chosen. */
export async function exportRows(
  files: RowFiles,
  { selection, format, signal, ...parts }: ExportRequest,
): Promise<{ readonly rows: number; readonly file: string } | null> {
  const target = await window.showSaveDialog({
    title: 'Export the filtered events',
    saveLabel: 'Export',
    filters: format === 'csv' ? { 'Comma-separated values': ['csv'] } : { 'JSON lines': ['jsonl'] },
    defaultUri: Uri.joinPath(workspace.workspaceFolders?.[0]?.uri ?? Uri.file('/'), `timeline.${format}`),
  });
  if (target === undefined) return null;
  if (target.scheme !== 'file') {
    throw new Failure(
      'NOT_SUPPORTED',
      'Rows can only be exported into a file on the machine that the extension runs on.',
      {
        nextAction: 'Choose a folder of this machine.',
      },
    );
  }
  const file = await files.create(target.fsPath);
  let rows = 0;
  try {
    await file.write(exportHeader(format));
    for (let cursor: string | undefined; ;) {
      signal.throwIfAborted();
      const page = await timeline(parts, {
        ...selection,
        limit: pageRows,
        ...(cursor === undefined ? {} : { cursor }),
      });
      await file.write(page.events.map((event) => exportLine(event, format)).join(''));
      rows += page.events.length;
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    await file.finish();
  } catch (error) {
    await file.discard();
    throw signal.aborted ? new Failure('CANCELLED', 'The export was stopped; no file was left.') : error;
  }
  return { rows, file: target.fsPath };
}
