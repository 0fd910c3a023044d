import {
  Disposable,
  EventEmitter,
  window,
  workspace,
  type TreeDataProvider,
  type TreeItem,
  type TreeView,
} from 'vscode';
import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import type { KeyBrowsers } from '../../app/keys/keyBrowsers.ts';
import { inspectKey } from '../../app/keys/inspect.ts';
import { nameOf } from '../../app/keys/keyBrowser.ts';
import type { KeysParts } from '../../app/keys/parts.ts';
import { utf8, type Bytes } from '../../domain/bytes.ts';
import { display, displayShort } from '../../domain/display.ts';
import { asFailure } from '../../domain/failure.ts';
import { formatBytes, formatCounted, formatDuration } from '../../domain/format.ts';
import type { FolderListing } from '../../domain/keys/tree.ts';
import { connectAsPerson } from '../commands/connections.ts';
import { setContextKey } from '../contextKeys.ts';
import { viewIds } from '../contributions.ts';
import { stateWords } from '../connections/labels.ts';
import {
  ConnectionNode,
  FilterNode,
  FolderNode,
  KeyNode,
  MoreNode,
  NoteNode,
  ScanNode,
  type TreeNode,
} from './nodes.ts';
import { filterWords, scanWords, treeItemOf } from './treeItems.ts';

export interface ConnectionsTreeParts {
  readonly connections: ConnectionService;
  readonly browsers: KeyBrowsers;
  readonly keys: KeysParts;
}

/** VS Code takes seconds to draw tens of thousands of rows: a folder never shows more. */
const maxChildren = 5_000;
const root = new Uint8Array(0);

/** The Connections view: connections with their state, and under each its keys by folders, listed lazily and in pages. */
export class ConnectionsTree implements TreeDataProvider<TreeNode> {
  readonly #parts: ConnectionsTreeParts;
  readonly #changes = new EventEmitter<TreeNode | undefined>();
  readonly #nodes = new Map<string, ConnectionNode>();
  /** Children shown per folder, where it is more than one page. */
  readonly #limits = new Map<string, number>();
  readonly onDidChangeTreeData = this.#changes.event;

  constructor(parts: ConnectionsTreeParts) {
    this.#parts = parts;
  }

  register(): Disposable & { readonly view: TreeView<TreeNode> } {
    const { connections, browsers } = this.#parts;
    const view = window.createTreeView(viewIds.connections, {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
    });
    const sayTrust = (): void => {
      const held = !workspace.isTrusted && connections.views().length > 0;
      view.message = held ? 'Restricted Mode: connections are listed, and nothing connects.' : '';
    };
    sayTrust();
    const disposable = Disposable.from(
      view,
      connections.onDidChange(sayTrust),
      this.#changes,
      view.onDidExpandElement(({ element }) => void this.#connectExpanded(element)),
      connections.onDidChange(() => this.#onConnections()),
      browsers.onDidChange((uid) => this.#onKeys(uid)),
    );
    return Object.assign(disposable, { view });
  }

  getTreeItem(node: TreeNode): TreeItem {
    const item = treeItemOf(node);
    if (node.kind !== 'connection') return item;
    const { browsers } = this.#parts;
    const { total } = browsers.of(node.connectionUid).state();
    if (total !== null) item.description = `${String(item.description)} · ${formatCounted(total, 'key')}`;
    if (browsers.isFiltered(node.connectionUid)) item.contextValue = `${item.contextValue} filtered`;
    return item;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node === undefined) return this.#parts.connections.views().map((view) => this.#connectionNode(view));
    if (node.kind === 'folder') return this.#children(node.connectionUid, node.facts.prefix);
    return node.kind === 'connection' ? this.#connectionChildren(node) : [];
  }

  /** The tooltip's facts cost a round trip, so they are asked for on hover only; plain text, never Markdown. */
  async resolveTreeItem(item: TreeItem, node: TreeNode): Promise<TreeItem> {
    if (node.kind !== 'key') return item;
    const name = displayShort(node.key, 1000);
    try {
      const facts = await inspectKey(this.#parts.keys, node.connectionUid, node.key);
      item.tooltip =
        facts === null ? `${name}\nThe key does not exist any more.` : [name, ...factLines(facts)].join('\n');
    } catch (error) {
      item.tooltip = `${name}\n${asFailure(error).message}`;
    }
    return item;
  }

  /** Shows one more page of a folder, or goes on with a scan. */
  loadMore(node: MoreNode | ScanNode): void {
    if (node.kind === 'scan') {
      this.#parts.browsers.of(node.connectionUid).resume();
      return;
    }
    const id = folderId(node.connectionUid, node.facts.prefix);
    this.#limits.set(id, this.#limitOf(id) + this.#pageSize());
    this.#onKeys(node.connectionUid);
  }

  #pageSize(): number {
    return this.#parts.keys.settings.number('keys.pageSize');
  }

  #limitOf(id: string): number {
    return Math.min(maxChildren, this.#limits.get(id) ?? this.#pageSize());
  }

  #connectionNode(view: ConnectionView): ConnectionNode {
    const known = this.#nodes.get(view.summary.uid);
    if (known === undefined) {
      const node = new ConnectionNode(view);
      this.#nodes.set(view.summary.uid, node);
      return node;
    }
    known.view = view;
    return known;
  }

  async #connectionChildren({ connectionUid, view }: ConnectionNode): Promise<TreeNode[]> {
    const note = noteInstead(view);
    if (note !== null) return [note];
    try {
      return await this.#children(connectionUid, root);
    } catch (error) {
      const failure = asFailure(error);
      return [
        new NoteNode(connectionUid, {
          text: failure.message,
          icon: 'error',
          command: { id: 'cachify.keys.refresh', title: 'Try Again' },
        }),
      ];
    }
  }

  async #children(connectionUid: string, prefix: Bytes): Promise<TreeNode[]> {
    const browser = this.#parts.browsers.of(connectionUid);
    const definition = this.#parts.keys.definitionOf(connectionUid);
    const id = folderId(connectionUid, prefix);
    const limit = this.#limitOf(id);
    const listing = await browser.list({ prefix, delimiter: utf8(definition.delimiter), limit });
    const state = browser.state();
    const nodes: TreeNode[] = listing.folders.map(
      (folder) =>
        new FolderNode(connectionUid, { ...folder, parent: prefix, coverage: Math.floor(state.coverage * 100) / 100 }),
    );
    nodes.push(...(await this.#keyNodes(connectionUid, listing)));
    const [shown, total] = [nodes.length, listing.folderCount + listing.keyCount];
    const atLimit = limit >= maxChildren;
    if (shown < total) nodes.push(new MoreNode(connectionUid, { prefix, shown, total, atLimit }));
    if (prefix.length > 0) return nodes;
    return [
      ...filterNodes(connectionUid, filterWords(browser.filter)),
      ...nodes,
      ...this.#endNodes(connectionUid, listing),
    ];
  }

  async #keyNodes(connectionUid: string, listing: FolderListing): Promise<KeyNode[]> {
    const { id, db } = this.#parts.keys.definitionOf(connectionUid);
    const { readOnly } = this.#parts.connections.view(connectionUid).summary;
    const browser = this.#parts.browsers.of(connectionUid);
    // Types and TTLs are worth having, but a list without them is better than none.
    const shown = await browser.describe(listing.keys).catch(() => null);
    return listing.keys.map((key) => {
      const facts = shown?.get(nameOf(key));
      return new KeyNode(connectionUid, {
        key,
        type: facts?.type ?? null,
        ttlMs: facts?.ttlMs ?? null,
        connectionId: id,
        db,
        readOnly,
      });
    });
  }

  /** What stands after the keys of a connection: how far the scan is, or that there is nothing. */
  #endNodes(connectionUid: string, listing: FolderListing): TreeNode[] {
    const browser = this.#parts.browsers.of(connectionUid);
    const state = browser.state();
    const words = scanWords(state);
    if (words !== null) return [new ScanNode(connectionUid, { text: words, running: state.kind === 'scanning' })];
    if (listing.total > 0) return [];
    const filtered = filterWords(browser.filter) !== '';
    return [
      filtered
        ? new NoteNode(connectionUid, {
            text: 'No key matches the filter. Clear it',
            icon: 'info',
            command: { id: 'cachify.keys.clearFilter', title: 'Clear Key Filter' },
          })
        : new NoteNode(connectionUid, {
            text: 'No keys yet. Create one, for example cart:1',
            icon: 'info',
            command: { id: 'cachify.keys.create', title: 'Create Key…' },
          }),
    ];
  }

  /** Unfolding a connection by hand means to see its keys; a view that is only restored connects to nothing. */
  async #connectExpanded(node: TreeNode): Promise<void> {
    if (node.kind !== 'connection' || !workspace.isTrusted) return;
    const view = this.#parts.connections.view(node.connectionUid);
    if (view.state.kind === 'disconnected' && view.entry.usable) await connectAsPerson(this.#parts.connections, view);
  }

  #onConnections(): void {
    const views = this.#parts.connections.views();
    for (const { summary, state } of views) {
      if (state.kind === 'disconnected' || state.kind === 'failed') this.#parts.browsers.of(summary.uid).reset();
    }
    this.#changes.fire(undefined);
  }

  #onKeys(uid: string): void {
    setContextKey('cachify.scanning', this.#parts.browsers.scanning());
    const node = this.#nodes.get(uid);
    if (node !== undefined) this.#changes.fire(node);
  }
}

function folderId(connectionUid: string, prefix: Bytes): string {
  return `${connectionUid}/${nameOf(prefix)}`;
}

function filterNodes(connectionUid: string, words: string): FilterNode[] {
  return words === '' ? [] : [new FilterNode(connectionUid, { words })];
}

/** What stands under a connection that shows no keys; null when it does. */
function noteInstead(view: ConnectionView): NoteNode | null {
  const { uid } = view.summary;
  const connect = { id: 'cachify.connections.connect', title: 'Connect' };
  if (!workspace.isTrusted) {
    const manage = { id: 'workbench.trust.manage', title: 'Manage Workspace Trust' };
    return new NoteNode(uid, { text: 'Trust this workspace to connect', icon: 'workspace-untrusted', command: manage });
  }
  switch (view.state.kind) {
    case 'disconnected':
      return new NoteNode(uid, { text: 'Not connected. Connect', icon: 'info', command: connect });
    case 'failed':
      return new NoteNode(uid, { text: `${view.state.cause} Connect again`, icon: 'error', command: connect });
    case 'connecting':
      return new NoteNode(uid, { text: stateWords(view), icon: 'sync~spin' });
    default:
      return null;
  }
}

function factLines(facts: NonNullable<Awaited<ReturnType<typeof inspectKey>>>): string[] {
  return [
    `Type: ${display(facts.type)}${facts.encoding === null ? '' : ` (${display(facts.encoding)})`}`,
    facts.ttlMs === null ? 'Never expires' : `Expires in ${formatDuration(facts.ttlMs)}`,
    ...(facts.memoryBytes === null ? [] : [`Memory: ${formatBytes(facts.memoryBytes)}`]),
  ];
}
