import {
  Disposable,
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
  type TreeDataProvider,
  type TreeView,
} from 'vscode';
import type { AlertPicture } from '../../app/alerts/alertService.ts';
import type { WatchedConnections } from '../../app/observability/watched.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { AlertSeverity } from '../../domain/alerts/event.ts';
import type { AlertRule } from '../../domain/alerts/rule.ts';
import { displayShort } from '../../domain/display.ts';
import { asFailure } from '../../domain/failure.ts';
import { formatCounted, formatDuration } from '../../domain/format.ts';
import { firingStates, type AlertsModel } from '../alerts/alertsModel.ts';
import { mutedMs, ruleLine, ruleTooltip, stateLine } from '../alerts/labels.ts';
import { withoutIcons } from '../connections/labels.ts';
import { viewIds, type CommandId } from '../contributions.ts';
import {
  AlertEventNode,
  AlertGroupNode,
  AlertNoteNode,
  AlertStateNode,
  RuleNode,
  type AlertNode,
} from './alertNodes.ts';

/** How long something has been so is shown in words; they are drawn anew so often. */
const redrawMs = 30_000;

/** The Alerts view: what fires, what may soon, what was, and the rules. */
export class AlertsTree implements TreeDataProvider<AlertNode> {
  readonly #model: AlertsModel;
  readonly #connections: WatchedConnections;
  readonly #clock: Clock;
  readonly #changes = new EventEmitter<undefined>();
  #view: TreeView<AlertNode> | undefined;
  #redraw: Disposable | undefined;
  #isWatching = false;
  readonly onDidChangeTreeData = this.#changes.event;

  constructor(model: AlertsModel, connections: WatchedConnections, clock: Clock) {
    this.#model = model;
    this.#connections = connections;
    this.#clock = clock;
  }

  register(): Disposable {
    const view = window.createTreeView(viewIds.alerts, { treeDataProvider: this, showCollapseAll: false });
    this.#view = view;
    this.#isWatching = isWatching(this.#connections);
    this.#redrawLater();
    return Disposable.from(
      view,
      this.#changes,
      this.#model.onDidChange((picture) => this.#show(picture)),
      this.#connections.onDidChange(() => this.#watchAgain()),
      view.onDidChangeVisibility(({ visible }) => visible && this.refresh()),
      { dispose: () => this.#redraw?.dispose() },
    );
  }

  refresh(): void {
    void this.#model.refresh();
  }

  getTreeItem(node: AlertNode): TreeItem {
    if (node instanceof AlertGroupNode) return groupItem(node);
    if (node instanceof AlertNoteNode) return noteItem(node);
    if (node instanceof AlertEventNode) return eventItem(node, this.#clock.wallMs());
    if (node instanceof AlertStateNode) return this.#stateItem(node);
    return this.#ruleItem(node);
  }

  async getChildren(node?: AlertNode): Promise<AlertNode[]> {
    try {
      const picture = await this.#model.picture();
      this.#names = picture.names;
      return node === undefined ? groups(picture) : children(picture, node, this.#isWatching);
    } catch (error) {
      const failure = asFailure(error);
      return node === undefined ? [new AlertNoteNode(failure.message)] : [];
    }
  }

  #names: ReadonlyMap<string, string> = new Map();

  readonly #nameOf = (id: string): string => withoutIcons(this.#names.get(id) ?? displayShort(id));

  #show(picture: AlertPicture): void {
    this.#changes.fire(undefined);
    if (this.#view === undefined) return;
    const firing = firingStates(picture).length;
    const parts = [formatCounted(firing, 'alert fires', 'alerts fire'), `${picture.unread} unread`];
    this.#view.badge = firing === 0 ? undefined : { value: firing, tooltip: parts.join(', ') };
  }

  #watchAgain(): void {
    const now = isWatching(this.#connections);
    if (now === this.#isWatching) return;
    this.#isWatching = now;
    this.#changes.fire(undefined);
  }

  #redrawLater(): void {
    this.#redraw = this.#clock.after(redrawMs, () => {
      if (this.#view?.visible === true) this.#changes.fire(undefined);
      this.#redrawLater();
    });
  }

  #stateItem({ state, rule }: AlertStateNode): TreeItem {
    const item = new TreeItem(withoutIcons(displayShort(rule.name)), TreeItemCollapsibleState.None);
    item.id = `state/${state.ruleId}/${state.connectionId}`;
    item.description = stateLine(state, rule, this.#nameOf(state.connectionId), this.#clock.wallMs());
    item.iconPath = state.state === 'pending' ? new ThemeIcon('clock') : severityIcon(rule.severity);
    const muted = isMuted(state.snoozedUntil, this.#clock.wallMs()) ? 'muted' : 'loud';
    item.contextValue = `alertState:${state.state}:${muted}`;
    item.tooltip = `${item.description}\n${ruleTooltip(rule, [state], this.#nameOf)}`;
    item.accessibilityInformation = { label: `${rule.severity}: ${item.label as string}, ${item.description}` };
    item.command = {
      command: 'cachify.alerts.openChart' satisfies CommandId,
      title: 'Open Chart',
      arguments: [new AlertStateNode(state, rule)],
    };
    return item;
  }

  #ruleItem(node: RuleNode): TreeItem {
    const { rule, states } = node;
    const item = new TreeItem(withoutIcons(displayShort(rule.name)), TreeItemCollapsibleState.None);
    item.id = `rule/${rule.id}`;
    item.description = ruleLine(rule, states, this.#nameOf);
    item.iconPath = new ThemeIcon(rule.enabled ? 'bell' : 'bell-slash', rule.enabled ? undefined : muted);
    const snoozed = states.some(({ snoozedUntil }) => isMuted(snoozedUntil, this.#clock.wallMs()));
    item.contextValue = ['rule', rule.origin, rule.enabled ? 'on' : 'off', snoozed ? 'muted' : 'loud'].join(':');
    item.tooltip = ruleTooltip(rule, states, this.#nameOf);
    item.accessibilityInformation = {
      label: `${item.label as string}, ${rule.enabled ? 'on' : 'off'}, ${item.description}`,
    };
    item.command = { command: 'cachify.alerts.openRule' satisfies CommandId, title: 'Edit Rule', arguments: [node] };
    return item;
  }
}

const muted = new ThemeColor('disabledForeground');

function isMuted(until: string | undefined, nowMs: number): boolean {
  return until !== undefined && Date.parse(until) - nowMs > mutedMs;
}

function groups(picture: AlertPicture): AlertNode[] {
  const firing = firingStates(picture).length;
  const pending = picture.states.filter(({ state }) => state === 'pending').length;
  const on = picture.rules.filter(({ enabled }) => enabled).length;
  return [
    new AlertGroupNode('firing', firing === 0 ? 'nothing' : String(firing)),
    ...(pending === 0 ? [] : [new AlertGroupNode('pending', String(pending))]),
    new AlertGroupNode('history', picture.unread === 0 ? '' : `${picture.unread} unread`),
    new AlertGroupNode('rules', rulesLine(picture.rules.length, on, picture.settingsProblems.length)),
  ];
}

function rulesLine(rules: number, on: number, problems: number): string {
  const line = `${rules}, ${on} on`;
  return problems === 0 ? line : `${line} · ${formatCounted(problems, 'problem')}`;
}

/** What is wrong with a rule of the settings: the field first, where it stands in the tooltip. */
function problemNode({ path, rule }: AlertPicture['settingsProblems'][number]): AlertNoteNode {
  const [, at, field] = /^cachify\.alertRules\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
  const text = at === undefined ? `${path} ${rule}` : `${field === '' ? 'it' : field} ${rule}`;
  return new AlertNoteNode(text, {
    description: at === undefined ? '' : `rule ${Number(at) + 1} in settings`,
    tooltip: `${path} ${rule}. It is not judged until that is right.`,
    command: { id: 'cachify.alerts.openSettings' satisfies CommandId, title: 'Open Settings' },
  });
}

/** Without an open connection nothing is judged, which is not the same as quiet. */
function isWatching(connections: WatchedConnections): boolean {
  return connections.views().some(({ summary }) => summary.state === 'ready' || summary.state === 'reconnecting');
}

function children(picture: AlertPicture, node: AlertNode, watching: boolean): AlertNode[] {
  if (!(node instanceof AlertGroupNode)) return [];
  switch (node.group) {
    case 'firing': {
      const nodes = stateNodes(picture, firingStates(picture));
      if (nodes.length > 0) return nodes;
      return watching
        ? [new AlertNoteNode('All quiet', { tooltip: 'Rules are judged every half minute.' })]
        : [
            new AlertNoteNode('Nothing is watched', {
              tooltip: 'No connection is open in this window. Rules are judged every half minute while one is.',
            }),
          ];
    }
    case 'pending':
      return stateNodes(
        picture,
        picture.states.filter(({ state }) => state === 'pending'),
      );
    case 'history':
      return picture.events.length > 0
        ? picture.events.map((event) => new AlertEventNode(event))
        : [
            new AlertNoteNode('Nothing yet', {
              tooltip: 'What fires, what a policy blocks and which runs fail is kept here.',
            }),
          ];
    case 'rules':
      return [
        ...picture.settingsProblems.map(problemNode),
        ...ordered(picture.rules).map(
          (rule) =>
            new RuleNode(
              rule,
              picture.states.filter(({ ruleId }) => ruleId === rule.id),
            ),
        ),
      ];
  }
}

/** Those that are on first. */
function ordered(rules: readonly AlertRule[]): AlertRule[] {
  return [...rules].sort((a, b) => Number(b.enabled) - Number(a.enabled) || (a.name < b.name ? -1 : 1));
}

function stateNodes({ rules }: AlertPicture, states: AlertPicture['states']): AlertNode[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return states.flatMap((state) => {
    const rule = byId.get(state.ruleId);
    return rule === undefined ? [] : [new AlertStateNode(state, rule)];
  });
}

const titles = { firing: 'Firing', pending: 'Pending', history: 'History', rules: 'Rules' } as const;

function groupItem({ group, description }: AlertGroupNode): TreeItem {
  const isOpen = group === 'firing' || group === 'pending';
  const item = new TreeItem(
    titles[group],
    isOpen ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
  );
  item.id = `alerts/${group}`;
  item.description = description;
  item.contextValue = `alertGroup:${group}`;
  return item;
}

function noteItem({ text, more: { description = '', tooltip = text, command } }: AlertNoteNode): TreeItem {
  const item = new TreeItem(withoutIcons(displayShort(text, 400)), TreeItemCollapsibleState.None);
  item.description = description;
  item.iconPath = new ThemeIcon(command === undefined ? 'info' : 'warning');
  item.tooltip = tooltip;
  item.accessibilityInformation = { label: tooltip === text ? text : `${text}. ${tooltip}` };
  if (command !== undefined) item.command = { command: command.id, title: command.title };
  return item;
}

function eventItem({ event }: AlertEventNode, nowMs: number): TreeItem {
  const item = new TreeItem(
    event.read
      ? withoutIcons(event.title)
      : { label: withoutIcons(event.title), highlights: [[0, withoutIcons(event.title).length]] },
    TreeItemCollapsibleState.None,
  );
  const ago = `${formatDuration(Math.max(0, nowMs - Date.parse(event.createdAt)))} ago`;
  const lasted =
    event.episodeFrom === undefined || event.episodeTo === undefined
      ? ''
      : `lasted ${formatDuration(Date.parse(event.episodeTo) - Date.parse(event.episodeFrom))}`;
  item.id = `event/${event.id}`;
  item.description = [event.read ? '' : 'unread', ago, lasted].filter((part) => part !== '').join(' · ');
  item.iconPath = event.read ? new ThemeIcon('pass', muted) : severityIcon(event.severity);
  item.contextValue = [
    'alertEvent',
    event.read ? 'read' : 'unread',
    event.connectionId === undefined ? 'general' : 'of',
  ].join(':');
  item.tooltip = `${event.title}\n${event.message}\n${event.createdAt}`;
  item.accessibilityInformation = {
    label: `${event.read ? '' : 'unread '}${event.severity}: ${event.title}, ${ago}. ${event.message}`,
  };
  return item;
}

const icons: Readonly<Record<AlertSeverity, readonly [icon: string, color: string]>> = {
  critical: ['error', 'list.errorForeground'],
  warning: ['warning', 'list.warningForeground'],
  info: ['info', 'foreground'],
};

function severityIcon(severity: AlertSeverity): ThemeIcon {
  const [icon, color] = icons[severity];
  return new ThemeIcon(icon, new ThemeColor(color));
}
