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

/** What is listed at this moment is not the whole keyspace by the person's own wish. */
export class FilterNode {
  readonly kind = 'filter';
  readonly connectionUid: string;
  readonly words: string;

  constructor(connectionUid: string, words: string) {
    this.connectionUid = connectionUid;
    this.words = words;
  }
}

export class FolderNode {
  readonly kind = 'folder';
  readonly connectionUid: string;
  readonly prefix: Bytes;
  /** Prefix of the folder that it stands in. */
  readonly parent: Bytes;
  readonly count: number;
  /** Share of the keyspace that the count is from, 0..1. */
  readonly coverage: number;

  constructor(connectionUid: string, prefix: Bytes, parent: Bytes, count: number, coverage: number) {
    this.connectionUid = connectionUid;
    this.prefix = prefix;
    this.parent = parent;
    this.count = count;
    this.coverage = coverage;
  }
}

export interface KeyNodeFacts {
  /** Null when it was not to be had. */
  readonly type: string | null;
  readonly ttlMs: number | null;
  readonly connectionId: string;
  readonly db: number;
  readonly readOnly: boolean;
}

export class KeyNode {
  readonly kind = 'key';
  readonly connectionUid: string;
  readonly key: Bytes;
  readonly facts: KeyNodeFacts;

  constructor(connectionUid: string, key: Bytes, facts: KeyNodeFacts) {
    this.connectionUid = connectionUid;
    this.key = key;
    this.facts = facts;
  }
}

/** More children than are shown. */
export class MoreNode {
  readonly kind = 'more';
  readonly connectionUid: string;
  readonly prefix: Bytes;
  readonly shown: number;
  readonly total: number;
  /** As many as one folder may show. */
  readonly atLimit: boolean;

  constructor(connectionUid: string, prefix: Bytes, shown: number, total: number, atLimit: boolean) {
    this.connectionUid = connectionUid;
    this.prefix = prefix;
    this.shown = shown;
    this.total = total;
    this.atLimit = atLimit;
  }
}

/** A scan that runs, or has not covered the keyspace. */
export class ScanNode {
  readonly kind = 'scan';
  readonly connectionUid: string;
  readonly text: string;
  readonly running: boolean;

  constructor(connectionUid: string, text: string, running: boolean) {
    this.connectionUid = connectionUid;
    this.text = text;
    this.running = running;
  }
}

/** Why there is nothing to show, and what to do. */
export class NoteNode {
  readonly kind = 'note';
  readonly connectionUid: string;
  readonly text: string;
  readonly icon: 'info' | 'error' | 'sync~spin' | 'workspace-untrusted';
  readonly command: { readonly id: string; readonly title: string } | undefined;

  constructor(
    connectionUid: string,
    text: string,
    icon: NoteNode['icon'],
    command?: { readonly id: string; readonly title: string },
  ) {
    this.connectionUid = connectionUid;
    this.text = text;
    this.icon = icon;
    this.command = command;
  }
}
