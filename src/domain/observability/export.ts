import type { HistoryEvent } from '../timeline/event.ts';

export type ExportFormat = 'jsonl' | 'csv';

const columns = [
  'timestamp',
  'source',
  'connectionId',
  'environment',
  'action',
  'keyOrPattern',
  'durationMs',
  'status',
  'errorCode',
  'retryable',
  'attempt',
  'correlationId',
  'runId',
  'redactedDiff',
  'details',
  'id',
] as const satisfies readonly (keyof HistoryEvent)[];

/** First line of a file; empty for JSON lines. */
export function exportHeader(format: ExportFormat): string {
  return format === 'csv' ? `${columns.join(',')}\r\n` : '';
}

/** One event as a line, its end included. */
export function exportLine(event: HistoryEvent, format: ExportFormat): string {
  if (format === 'jsonl') return `${JSON.stringify(event)}\n`;
  return `${columns.map((column) => csvCell(event[column])).join(',')}\r\n`;
}

/**
 * A CSV cell (RFC 4180) that no spreadsheet takes for a formula: what starts like one gets an apostrophe in front.
 * Numbers of ours stay numbers.
 */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[\s]*[=+\-@|%]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}
