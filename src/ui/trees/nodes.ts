import type { ConnectionView } from '../../app/connections/connectionService.ts';
import type { Bytes } from '../../domain/bytes.ts';

/** The elements of the Connections view. Instances of classes, so that a command tells them from plain arguments. */
export type TreeNode = ConnectionNode | FilterNode | FolderNode | KeyNode | MoreNode | ScanNode | NoteNode;

export class ConnectionNode {
  readonly kind = 'connection';
  readonly connectionUid: string;
  view: ConnectionView;

  constructor(view: ConnectionView) {
    this.connectionUid = view.summary.uid;
    this.view = view;
  }
}

/** Something that stands under a connection. */
abstract class PartNode<Facts extends object> {
  readonly connectionUid: string;
  readonly facts: Readonly<Facts>;

  constructor(connectionUid: string, facts: Facts) {
    this.connectionUid = connectionUid;
    this.facts = facts;
  }
}

/** What is listed at this moment is not the whole keyspace by the person's own wish. */
export class FilterNode extends PartNode<{ words: string }> {
  readonly kind = 'filter';
}

export class FolderNode extends PartNode<{
  prefix: Bytes;
  /** Prefix of the folder that it stands in. */
  parent: Bytes;
  count: number;
  /** Share of the keyspace that the count is from, 0..1. */
  coverage: number;
}> {
  readonly kind = 'folder';
}

export class KeyNode extends PartNode<{
  key: Bytes;
  /** Null when it was not to be had. */
  type: string | null;
  ttlMs: number | null;
  connectionId: string;
  db: number;
  readOnly: boolean;
}> {
  readonly kind = 'key';

  get key(): Bytes {
    return this.facts.key;
  }
}

/** More children than are shown. */
export class MoreNode extends PartNode<{
  prefix: Bytes;
  shown: number;
  total: number;
  /** As many as one folder may show. */
  atLimit: boolean;
}> {
  readonly kind = 'more';
}

/** A scan that runs, or has not covered the keyspace. */
export class ScanNode extends PartNode<{ text: string; running: boolean }> {
  readonly kind = 'scan';
}

/** Why there is nothing to show, and what to do. */
export class NoteNode extends PartNode<{
  text: string;
  icon: 'info' | 'error' | 'sync~spin' | 'workspace-untrusted';
  command?: { readonly id: string; readonly title: string };
}> {
  readonly kind = 'note';
}
