import { ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState, type Command } from 'vscode';
import { toBase64Url } from '../../domain/bytes.ts';
import { display, displayShort, withoutIcons } from '../../domain/display.ts';
import { formatCount, formatCounted, formatDuration, formatPercent } from '../../domain/format.ts';
import { folderName } from '../../domain/keys/tree.ts';
import type { BrowserState, KeyFilter } from '../../app/keys/keyBrowser.ts';
import { connectionLabel } from '../connections/labels.ts';
import type { CommandId } from '../contributions.ts';
import { documentUri } from '../documents/keyFileSystem.ts';
import type {
  ConnectionNode,
  FilterNode,
  FolderNode,
  KeyNode,
  MoreNode,
  NoteNode,
  ScanNode,
  TreeNode,
} from './nodes.ts';

const typeIcons: Readonly<Record<string, string>> = {
  string: 'symbol-string',
  hash: 'symbol-object',
  list: 'symbol-array',
  set: 'symbol-enum',
  zset: 'list-ordered',
  stream: 'pulse',
};

/** How a node stands in the view. Names go through `display`; ids are made of bytes, so that equal looks never mix. */
export function treeItemOf(node: TreeNode): TreeItem {
  switch (node.kind) {
    case 'connection':
      return connectionItem(node);
    case 'filter':
      return filterItem(node);
    case 'folder':
      return folderItem(node);
    case 'key':
      return keyItem(node);
    case 'more':
      return moreItem(node);
    case 'scan':
      return scanItem(node);
    case 'note':
      return noteItem(node);
  }
}

function command(id: CommandId, title: string, node: TreeNode): Command {
  return { command: id, title, arguments: [node] };
}

function connectionItem({ view, connectionUid }: ConnectionNode): TreeItem {
  const { label, description, tooltip, icon, iconColor, contextValue, spoken } = connectionLabel(view);
  const item = new TreeItem(
    label,
    view.entry.usable ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None,
  );
  item.id = connectionUid;
  item.description = description;
  item.tooltip = tooltip;
  item.iconPath = new ThemeIcon(icon, iconColor === undefined ? undefined : new ThemeColor(iconColor));
  item.contextValue = contextValue;
  item.accessibilityInformation = { label: spoken };
  return item;
}

function filterItem(node: FilterNode): TreeItem {
  const item = new TreeItem(`filter: ${node.facts.words}`, TreeItemCollapsibleState.None);
  item.id = `${node.connectionUid}/filter`;
  item.iconPath = new ThemeIcon('filter');
  item.contextValue = 'filter';
  item.tooltip = 'Only keys that match are listed. Click to change the filter.';
  item.command = command('cachify.keys.filter', 'Filter Keys…', node);
  return item;
}

function folderItem({ connectionUid, facts }: FolderNode): TreeItem {
  const name = withoutIcons(displayShort(folderName(facts.prefix, facts.parent)));
  const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
  const count = formatCount(facts.count);
  const incomplete = facts.coverage < 1 ? `${formatPercent(facts.coverage)} scanned, incomplete` : '';
  item.id = `${connectionUid}/folder/${toBase64Url(facts.prefix)}`;
  item.description = incomplete === '' ? count : `${count} · ${incomplete}`;
  item.tooltip = `${displayShort(facts.prefix, 500)}*\n${formatCounted(facts.count, 'key')} found${incomplete === '' ? '' : `; ${incomplete}`}`;
  item.iconPath = ThemeIcon.Folder;
  item.contextValue = 'folder';
  item.accessibilityInformation = {
    label: [`${name} folder`, formatCounted(facts.count, 'key'), incomplete].filter(Boolean).join(', '),
  };
  return item;
}

function keyItem(node: KeyNode): TreeItem {
  const { key, facts } = node;
  const name = withoutIcons(displayShort(key));
  const type = facts.type === null ? '' : display(facts.type);
  const ttl = facts.ttlMs === null ? '' : formatDuration(facts.ttlMs);
  const uri = documentUri({ connectionUid: node.connectionUid, connectionId: facts.connectionId, db: facts.db, key });
  const item = new TreeItem(name, TreeItemCollapsibleState.None);
  item.id = `${node.connectionUid}/key/${toBase64Url(key)}`;
  item.description = [type, ttl].filter(Boolean).join(' · ');
  item.iconPath = new ThemeIcon((facts.type === null ? undefined : typeIcons[facts.type]) ?? 'extensions');
  item.contextValue = `key ${/^[\w-]+$/.test(type) ? type : 'other'} ${facts.readOnly ? 'ro' : 'rw'}`;
  item.command = { command: 'vscode.open', title: 'Open Key', arguments: [uri] };
  item.accessibilityInformation = {
    label: [name, type, ttl === '' ? 'never expires' : `expires in ${ttl}`].filter(Boolean).join(', '),
  };
  return item;
}

function moreItem(node: MoreNode): TreeItem {
  const { prefix, shown, total, atLimit } = node.facts;
  const counts = `${formatCount(shown)} of ${formatCount(total)} shown`;
  const item = new TreeItem(atLimit ? `${counts}; filter to see others` : 'Load more', TreeItemCollapsibleState.None);
  item.id = `${node.connectionUid}/more/${toBase64Url(prefix)}`;
  item.description = atLimit ? '' : `(${counts})`;
  item.iconPath = new ThemeIcon(atLimit ? 'filter' : 'ellipsis');
  item.contextValue = atLimit ? 'limit' : 'loadMore';
  item.command = atLimit
    ? command('cachify.keys.filter', 'Filter Keys…', node)
    : command('cachify.keys.loadMore', 'Load More Keys', node);
  item.accessibilityInformation = {
    label: atLimit ? `${counts}. Filter to see others.` : `Load more, ${counts}`,
  };
  return item;
}

function scanItem(node: ScanNode): TreeItem {
  const { text, running } = node.facts;
  const item = new TreeItem(text, TreeItemCollapsibleState.None);
  item.id = `${node.connectionUid}/scan`;
  item.iconPath = new ThemeIcon(running ? 'sync~spin' : 'debug-continue');
  item.contextValue = running ? 'scanning' : 'scanPaused';
  item.command = running
    ? command('cachify.keys.stopScan', 'Stop Scanning', node)
    : command('cachify.keys.loadMore', 'Go on Scanning', node);
  item.tooltip = running ? 'Click to stop scanning.' : 'Click to go on scanning.';
  return item;
}

function noteItem(node: NoteNode): TreeItem {
  const item = new TreeItem(node.facts.text, TreeItemCollapsibleState.None);
  item.id = `${node.connectionUid}/note`;
  item.iconPath = new ThemeIcon(node.facts.icon);
  item.tooltip = node.facts.text;
  item.contextValue = 'note';
  if (node.facts.command !== undefined)
    item.command = { command: node.facts.command.id, title: node.facts.command.title, arguments: [node] };
  return item;
}

/** A filter in words. */
export function filterWords(filter: KeyFilter): string {
  const pattern = filter.pattern === undefined ? '' : displayShort(filter.pattern, 60);
  return [pattern, filter.type === undefined ? '' : display(filter.type)].filter(Boolean).join(' · ');
}

/** How far a scan came, in words; null when the keyspace is covered. */
export function scanWords(state: BrowserState): string | null {
  const percent = formatPercent(Math.floor(state.coverage * 100) / 100);
  switch (state.kind) {
    case 'scanning':
      return `Scanning… ${percent}, ${formatCount(state.found)} keys`;
    case 'paused':
      return `${percent} scanned, incomplete. Scan on`;
    case 'stopped':
      return `Stopped at ${percent}, incomplete. Scan on`;
    case 'full':
      return `${percent} scanned: as many keys as can be listed. Filter to see others`;
    case 'failed':
      return `Stopped at ${percent}: ${state.failure?.message ?? 'the scan failed.'} Try again`;
    default:
      return null;
  }
}
