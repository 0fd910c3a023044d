import {
  Disposable,
  EventEmitter,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
  type TreeDataProvider,
} from 'vscode';
import type { Clock } from '../../app/ports/clock.ts';
import { displayShort } from '../../domain/display.ts';
import { asFailure } from '../../domain/failure.ts';
import { withoutIcons } from '../connections/labels.ts';
import { Coalesced } from '../coalesced.ts';
import { viewIds } from '../contributions.ts';
import { SectionNode, StorageRow, type StorageNode, type StorageSection } from './storageNodes.ts';

/** Changes come in bursts; the view is drawn at most so often. */
const drawEveryMs = 1000;

/** The view "Incidents & Storage": one group per section, in their order. */
export class StorageTree implements TreeDataProvider<StorageNode> {
  readonly #sections: readonly StorageSection[];
  readonly #changes = new EventEmitter<undefined>();
  readonly #drawing: Coalesced;
  readonly onDidChangeTreeData = this.#changes.event;

  constructor(sections: readonly StorageSection[], clock: Clock) {
    this.#sections = sections;
    this.#drawing = new Coalesced(clock, drawEveryMs, () => this.refresh());
  }

  register(): Disposable {
    const view = window.createTreeView(viewIds.storage, { treeDataProvider: this, showCollapseAll: false });
    return Disposable.from(
      view,
      this.#changes,
      ...this.#sections.map((section) => section.onDidChange(() => this.#drawing.soon())),
      // Other windows write to the same store.
      view.onDidChangeVisibility(({ visible }) => visible && this.refresh()),
      this.#drawing,
    );
  }

  refresh(): void {
    this.#changes.fire(undefined);
  }

  async getTreeItem(node: StorageNode): Promise<TreeItem> {
    return node instanceof SectionNode ? sectionItem(node.section) : rowItem(node);
  }

  async getChildren(node?: StorageNode): Promise<StorageNode[]> {
    if (node === undefined) return this.#sections.map((section) => new SectionNode(section));
    if (!(node instanceof SectionNode)) return [];
    try {
      return [...(await node.section.rows())];
    } catch (error) {
      const label = asFailure(error).message;
      return [new StorageRow({ id: 'failure', label, tooltip: label, icon: new ThemeIcon('error') })];
    }
  }
}

async function sectionItem(section: StorageSection): Promise<TreeItem> {
  const item = new TreeItem(section.title, TreeItemCollapsibleState.Expanded);
  item.id = section.id;
  item.contextValue = `section:${section.id}`;
  item.description = await section.summary().catch((error: unknown) => asFailure(error).message);
  return item;
}

function rowItem(row: StorageRow): TreeItem {
  const { id, label, description, tooltip, icon, contextValue, command } = row.facts;
  const item = new TreeItem(withoutIcons(displayShort(label, 400)), TreeItemCollapsibleState.None);
  item.id = id;
  if (description !== undefined) item.description = withoutIcons(displayShort(description, 400));
  if (tooltip !== undefined) item.tooltip = tooltip;
  if (icon !== undefined) item.iconPath = icon;
  if (contextValue !== undefined) item.contextValue = contextValue;
  item.accessibilityInformation = { label: description === undefined ? label : `${label}, ${description}` };
  if (command !== undefined)
    item.command = { command: command.id, title: command.title, arguments: [...(command.arguments ?? [row])] };
  return item;
}
