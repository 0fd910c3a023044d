import { fromBase64, textOf, toBase64Url, utf8 } from '../../domain/bytes.ts';
import { validationFailure } from '../../domain/failure.ts';

/** Where a scan stands: cursors mean something inside one server process only (each has its own hash seed). */
export interface ScanPosition {
  readonly node: string;
  readonly runId: string | null;
  readonly db: number;
  readonly cursor: string;
}

export function encodeCursor(position: ScanPosition): string {
  return toBase64Url(utf8(JSON.stringify([position.node, position.runId, position.db, position.cursor])));
}

/** Reads a cursor; throws VALIDATION_ERROR for what is none, or one of another database. */
export function decodeCursor(text: string, db: number): ScanPosition {
  const wrong = validationFailure('cursor', 'This cursor is not one that a scan of this connection gave.');
  const bytes = text.length > 4096 ? null : fromBase64(text);
  const json = bytes === null ? null : textOf(bytes);
  if (json === null) throw wrong;
  let parts: unknown;
  try {
    parts = JSON.parse(json);
  } catch {
    throw wrong;
  }
  if (!Array.isArray(parts) || parts.length !== 4) throw wrong;
  const [node, runId, ofDb, cursor] = parts as readonly unknown[];
  if (typeof node !== 'string' || !(runId === null || typeof runId === 'string') || ofDb !== db) throw wrong;
  if (typeof cursor !== 'string' || !/^\d{1,20}$/.test(cursor)) throw wrong;
  return { node, runId, db, cursor };
}
