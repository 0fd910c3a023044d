import { fromBase64, sameBytes, toBase64Url, type Bytes } from '../bytes.ts';
import { displayShort } from '../display.ts';
import { Failure } from '../failure.ts';

/** Where a document of the `cachify:` file system stands: a key, or one of its previous values. */
export interface KeyAddress {
  /** Whose key it is: ids of two projects may be equal, uids never are. */
  readonly connectionUid: string;
  /** For people to read in a path; it decides nothing. */
  readonly connectionId: string;
  readonly db: number;
  readonly key: Bytes;
  /** A previous value of the key; absent = its value now. */
  readonly snapshotId?: string;
}

// `~` stands in no base64, and an empty value would look forgotten.
const emptyKey = '~';
const extension = '.redis-value';
const maxNameLength = 60;

/** Path and query of a URI, not percent-encoded. */
export interface DocumentPlace {
  readonly path: string;
  readonly query: string;
}

/**
 * Where a key's document stands. The path is for people, who see it in tabs and above editors:
 * `/<connection id>/<safe name>.redis-value`, with `/previous` before the name for a previous value. The query is the
 * identity: `uid=<connection uid>&db=<n>&key=<base64url>`, and `&snapshot=<id>`. The extension ties documents to
 * languages whose settings change no byte when saving.
 */
export function placeOf(address: KeyAddress): DocumentPlace {
  const { connectionUid, connectionId, db, key, snapshotId } = address;
  const encoded = key.length === 0 ? emptyKey : toBase64Url(key);
  const folder = snapshotId === undefined ? `/${connectionId}` : `/${connectionId}/previous`;
  const snapshot = snapshotId === undefined ? '' : `&snapshot=${snapshotId}`;
  return {
    path: `${folder}/${safeName(key)}${extension}`,
    query: `uid=${connectionUid}&db=${db}&key=${encoded}${snapshot}`,
  };
}

/** The whole URI, percent-encoded. */
export function uriOf(address: KeyAddress): string {
  const { path, query } = placeOf(address);
  return `cachify:${path.split('/').map(encodeURIComponent).join('/')}?${query}`;
}

function safeName(key: Bytes): string {
  const shown = displayShort(key, maxNameLength);
  return shown.replace(/[^\p{L}\p{M}\p{N} ._:@=+,()-]/gu, '_').replace(/^\.+/, '_');
}

const paths = /^\/([^/]+)(?:\/previous)?\/[^/]+$/u;
const queries = new RegExp(`^uid=([\\w-]+)&db=(\\d{1,9})&key=(${emptyKey}|[\\w-]+)(?:&snapshot=([\\w-]+))?$`);

/** Reads path and query back; null when no key could have given them. */
export function addressOf({ path, query }: DocumentPlace): KeyAddress | null {
  const [, connectionId] = paths.exec(path) ?? [];
  const [, connectionUid = '', db = '', encoded = '', snapshotId] = queries.exec(query) ?? [];
  if (connectionId === undefined || connectionUid === '') return null;
  const key = encoded === emptyKey ? new Uint8Array(0) : fromBase64(encoded);
  if (key === null || (encoded !== emptyKey && toBase64Url(key) !== encoded)) return null;
  return { connectionUid, connectionId, db: Number(db), key, ...(snapshotId === undefined ? {} : { snapshotId }) };
}

/** As `addressOf`, for what came from outside: VALIDATION_ERROR instead of null. */
export function requireAddress(place: DocumentPlace): KeyAddress {
  const address = addressOf(place);
  if (address !== null) return address;
  throw new Failure('VALIDATION_ERROR', 'This is not the address of a Redis key.', { details: { path: 'uri' } });
}

/** Whether two addresses are the same document. */
export function sameAddress(a: KeyAddress, b: KeyAddress): boolean {
  return (
    a.connectionUid === b.connectionUid && a.db === b.db && a.snapshotId === b.snapshotId && sameBytes(a.key, b.key)
  );
}
