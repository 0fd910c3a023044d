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

// `~` stands in no base64, and an empty path segment would be lost.
const emptyKey = '~';
const extension = '.redis-value';
const maxNameLength = 60;

/**
 * Path of a key's document, not percent-encoded:
 * `/<connection id>/<connection uid>/db<n>/<base64url of the key>/<safe name>.redis-value`, with `/snapshots/<id>` before
 * the name for a previous value. The uid and the key's bytes are its identity; the name is only what a tab shows. The extension ties documents to languages whose settings change no byte when saving.
 */
export function pathOf(address: KeyAddress): string {
  const key = address.key.length === 0 ? emptyKey : toBase64Url(address.key);
  const snapshot = address.snapshotId === undefined ? '' : `/snapshots/${address.snapshotId}`;
  const connection = `${address.connectionId}/${address.connectionUid}`;
  return `/${connection}/db${address.db}/${key}${snapshot}/${safeName(address.key)}${extension}`;
}

/** The whole URI, percent-encoded. */
export function uriOf(address: KeyAddress): string {
  return `cachify:${pathOf(address).split('/').map(encodeURIComponent).join('/')}`;
}

function safeName(key: Bytes): string {
  const shown = displayShort(key, maxNameLength);
  return shown.replace(/[^\p{L}\p{M}\p{N} ._:@=+,()-]/gu, '_').replace(/^\.+/, '_');
}

const segment = String.raw`[^/]+`;
const pattern = new RegExp(
  `^/(${segment})/(${segment})/db(\\d{1,9})/(${emptyKey}|[\\w-]+)(?:/snapshots/(${segment}))?/${segment}$`,
  'u',
);

/** Reads a path back; null when no key could have given it. */
export function addressOf(path: string): KeyAddress | null {
  const match = pattern.exec(path);
  if (match === null) return null;
  const [, connectionId = '', connectionUid = '', db = '', encoded = '', snapshotId] = match;
  const key = encoded === emptyKey ? new Uint8Array(0) : fromBase64(encoded);
  if (key === null || (encoded !== emptyKey && toBase64Url(key) !== encoded)) return null;
  return { connectionUid, connectionId, db: Number(db), key, ...(snapshotId === undefined ? {} : { snapshotId }) };
}

/** As `addressOf`, for paths that came from outside: VALIDATION_ERROR instead of null. */
export function requireAddress(path: string): KeyAddress {
  const address = addressOf(path);
  if (address !== null) return address;
  throw new Failure('VALIDATION_ERROR', 'This is not the address of a Redis key.', { details: { path: 'uri' } });
}

/** Whether two addresses are the same document. */
export function sameAddress(a: KeyAddress, b: KeyAddress): boolean {
  return (
    a.connectionUid === b.connectionUid && a.db === b.db && a.snapshotId === b.snapshotId && sameBytes(a.key, b.key)
  );
}
