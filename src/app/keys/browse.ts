import { fromBase64, textOf, toBase64, toBase64Url, utf8, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import { keyOf } from '../../domain/keys/key.ts';
import { KeyIndex } from '../../domain/keys/keyIndex.ts';
import { KeyList } from '../../domain/keys/keyList.ts';
import type { KeyInfo } from '../../domain/keys/types.ts';
import type { ScanOptions, ScanPage } from '../ports/redis.ts';
import type { KeysParts } from './parts.ts';
import { numberReply } from './replies.ts';

export interface BrowseRequest {
  readonly pattern?: string;
  readonly type?: string;
  readonly signal?: AbortSignal;
}

/** Keys of the selected database, by the server's own count. */
export async function totalKeys(parts: KeysParts, uid: string): Promise<number> {
  const operation = { action: 'keys.scan', keyOrPattern: '', commands: [['DBSIZE']] as const, record: false };
  const [reply] = await parts.gate.run(uid, operation);
  return numberReply(reply);
}

/** Pages of the keyspace, filtered by the server. */
export function scanPages(
  parts: KeysParts,
  uid: string,
  request: BrowseRequest & { readonly cursor?: string; readonly count?: number },
  action = 'keys.scan',
): AsyncIterable<ScanPage> {
  const { pattern, ...rest } = request;
  const options: ScanOptions = { ...rest, ...(pattern === undefined ? {} : { pattern: utf8(pattern) }) };
  return parts.gate.scan(uid, { action, keyOrPattern: displayShort(pattern ?? '*') }, options);
}

/**
 * One page of at most `limit` keys with their types and TTLs. What SCAN gave beyond the limit travels in the cursor,
 * so that nothing is lost between pages. `scanned` keys were looked at for this page.
 */
export async function scanKeys(
  parts: KeysParts,
  definition: ConnectionDefinition,
  request: BrowseRequest & { readonly limit: number; readonly cursor?: string },
): Promise<{ keys: KeyInfo[]; cursor?: string; scanned: number; total: number }> {
  const { limit, cursor, ...filter } = request;
  const total = await totalKeys(parts, definition.uid);
  const start = cursor === undefined ? { held: [] } : unpackCursor(cursor);
  const found: Bytes[] = [...start.held];
  let [next, scanned] = [start.next, 0];
  if (found.length < limit && (cursor === undefined || next !== undefined)) {
    const count = Math.min(10_000, Math.max(100, limit));
    const from = next === undefined ? {} : { cursor: next };
    for await (const page of scanPages(parts, definition.uid, { ...filter, ...from, count })) {
      for (const key of page.keys) found.push(key.slice());
      scanned += page.looked;
      next = page.cursor;
      if (found.length >= limit || next === undefined) break;
    }
    requireGoing(request.signal);
  }
  const keys = await described(parts, definition.uid, found.slice(0, limit), request.signal);
  const held = found.slice(limit);
  const more = next !== undefined || held.length > 0;
  return { keys, ...(more ? { cursor: packCursor(next, held) } : {}), scanned: Math.min(scanned, total), total };
}

/** How many keys match, each counted once, and how many were looked at. */
export async function countKeys(
  parts: KeysParts,
  definition: ConnectionDefinition,
  request: BrowseRequest & { readonly pattern: string },
): Promise<{ matched: number; scanned: number }> {
  const total = await totalKeys(parts, definition.uid);
  const index = new KeyIndex();
  let scanned = 0;
  for await (const page of scanPages(parts, definition.uid, request, 'keys.count')) {
    index.add(page.keys);
    scanned += page.looked;
  }
  requireGoing(request.signal);
  // A step of SCAN counts as COUNT keys looked at, also where there are fewer.
  return { matched: index.size, scanned: Math.min(scanned, total) };
}

/** Types and TTLs of a few keys; keys that vanished meanwhile are left out. */
export async function described(
  parts: KeysParts,
  uid: string,
  keys: readonly Bytes[],
  signal?: AbortSignal,
): Promise<KeyInfo[]> {
  if (keys.length === 0) return [];
  const options = { type: true, ttl: true, ...(signal === undefined ? {} : { signal }) };
  const columns = await parts.gate.describe(uid, KeyList.of(keys), options);
  return keys.flatMap((key, i): KeyInfo[] => {
    const type = columns.types[i] ?? 'none';
    const ttl = columns.ttlMs[i] ?? -1;
    return type === 'none' ? [] : [{ key: keyOf(key), type, ttlMs: ttl < 0 ? null : ttl }];
  });
}

function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('CANCELLED', 'The scan was stopped.');
}

function packCursor(next: string | undefined, held: readonly Bytes[]): string {
  return toBase64Url(utf8(JSON.stringify([next ?? null, held.map(toBase64)])));
}

function unpackCursor(cursor: string): { readonly next?: string; readonly held: Bytes[] } {
  const bytes = fromBase64(cursor);
  const text = bytes === null ? null : textOf(bytes);
  try {
    const [next, held] = JSON.parse(text ?? '') as [unknown, unknown];
    if (!Array.isArray(held) || (next !== null && typeof next !== 'string')) throw new TypeError('shape');
    const keys = held.map((key: unknown) => (typeof key === 'string' ? fromBase64(key) : null));
    if (!keys.every((key) => key !== null)) throw new TypeError('shape');
    return next === null ? { held: keys } : { next, held: keys };
  } catch {
    throw validationFailure('cursor', 'cursor is not one that keys.scan gave.');
  }
}
