import type { Uri } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { KeyBrowsers } from '../../app/keys/keyBrowsers.ts';
import type { KeyService } from '../../app/keys/keyService.ts';
import type { KeysParts } from '../../app/keys/parts.ts';
import { documentUri, type KeyFileSystem } from '../documents/keyFileSystem.ts';
import type { ReplyDocuments } from '../documents/replyDocuments.ts';
import type { ConnectionsTree } from '../trees/connectionsTree.ts';
import { ownerWords } from './confirm.ts';
import type { KeyTarget } from './target.ts';

/** What a person's acts on keys need. */
export interface KeyCommandParts {
  readonly connections: ConnectionService;
  readonly keys: KeyService;
  readonly keysParts: KeysParts;
  readonly browsers: KeyBrowsers;
  readonly files: KeyFileSystem;
  readonly replies: ReplyDocuments;
  readonly tree: ConnectionsTree;
}

/** The document of a key, or of one of its previous values. */
export function uriOfTarget(parts: KeyCommandParts, { connectionUid, key }: KeyTarget, snapshotId?: string): Uri {
  const { id, db } = parts.keysParts.definitionOf(connectionUid);
  const snapshot = snapshotId === undefined ? {} : { snapshotId };
  return documentUri({ connectionUid, connectionId: id, db, key, ...snapshot });
}

/** `Shop prod (PROD)`, for the title of whatever is asked about its keys. */
export function ownerOf(parts: KeyCommandParts, connectionUid: string): string {
  return ownerWords(parts.connections.view(connectionUid));
}

/** Reads the open documents of a connection again. */
export async function refreshDocuments(parts: KeyCommandParts, uid: string): Promise<void> {
  await parts.files.refresh(({ connectionUid }) => connectionUid === uid);
}
