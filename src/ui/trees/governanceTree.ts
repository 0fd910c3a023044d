import {
  Disposable,
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
  type TreeDataProvider,
} from 'vscode';
import type { GovernanceService } from '../../app/governance/governanceService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import { display, displayShort } from '../../domain/display.ts';
import { asFailure } from '../../domain/failure.ts';
import { formatDuration } from '../../domain/format.ts';
import type { RecordedDecision } from '../../domain/governance/decision.ts';
import { isOpen, minutesOfWindows } from '../../domain/governance/week.ts';
import { actionWords, packSentence, packState, utcWords } from '../../domain/governance/words.ts';
import { withoutIcons } from '../connections/labels.ts';
import { Coalesced } from '../coalesced.ts';
import { viewIds, type CommandId } from '../contributions.ts';
import {
  DecisionNode,
  DecisionsNode,
  PackConnectionNode,
  PackNode,
  UnreadablePackNode,
  type GovernanceNode,
} from './governanceNodes.ts';
import { NoteLine, noteLineItem } from './noteLine.ts';

const shownDecisions = 50;
/** Decisions come many times a second; the view is drawn at most so often. */
const drawEveryMs = 1000;
/** "open, closes in 12 min" goes on being true. */
const retellEveryMs = 30_000;

/** The Governance view: packs with where they hold and whether they are open, and what was decided lately. */
export class GovernanceTree implements TreeDataProvider<GovernanceNode> {
  readonly #service: GovernanceService;
  readonly #clock: Clock;
  readonly #nameOf: (connectionId: string) => string;
  readonly #changes = new EventEmitter<undefined>();
  readonly #drawing: Coalesced;
  readonly onDidChangeTreeData = this.#changes.event;

  constructor(service: GovernanceService, clock: Clock, nameOf: (connectionId: string) => string) {
    this.#service = service;
    this.#clock = clock;
    this.#drawing = new Coalesced(clock, drawEveryMs, () => this.refresh());
    this.#nameOf = nameOf;
  }

  register(): Disposable {
    const view = window.createTreeView(viewIds.governance, { treeDataProvider: this, showCollapseAll: false });
    const retell = (): void => {
      if (view.visible) this.refresh();
      timer = this.#clock.after(retellEveryMs, retell);
    };
    let timer = this.#clock.after(retellEveryMs, retell);
    return Disposable.from(
      view,
      this.#changes,
      this.#service.onDidChange(() => this.#drawing.soon()),
      this.#drawing,
      { dispose: () => timer.dispose() },
    );
  }

  refresh(): void {
    this.#changes.fire(undefined);
  }

  getTreeItem(node: GovernanceNode): TreeItem {
    if (node instanceof PackNode) return this.#packItem(node);
    if (node instanceof UnreadablePackNode) return unreadableItem(node);
    if (node instanceof PackConnectionNode) return connectionItem(node, this.#clock.wallMs());
    if (node instanceof DecisionsNode) return decisionsItem();
    return node instanceof DecisionNode ? this.#decisionItem(node.decision) : noteLineItem(node);
  }

  async getChildren(node?: GovernanceNode): Promise<GovernanceNode[]> {
    try {
      return await this.#children(node);
    } catch (error) {
      return [new NoteLine(asFailure(error).message)];
    }
  }

  async #children(node: GovernanceNode | undefined): Promise<GovernanceNode[]> {
    if (node === undefined) {
      const { packs, unreadable } = await this.#service.overview();
      // No element at all: the view says itself what it is for.
      if (packs.length === 0 && unreadable.length === 0) return [];
      return [
        ...unreadable.map((pack) => new UnreadablePackNode(pack)),
        ...packs.map((view) => new PackNode(view)),
        new DecisionsNode(),
      ];
    }
    if (node instanceof PackNode) {
      const { pack, connections } = node.view;
      if (connections.length > 0) {
        return Promise.all(
          connections.map(async (each) => {
            const decision = await this.#service.explain({ connectionId: each.uid, action: 'keys.remove' });
            return new PackConnectionNode(pack.id, each, decision);
          }),
        );
      }
      const command = { id: 'cachify.governance.assign' satisfies CommandId, title: 'Assign Policy Packs…' };
      return [new NoteLine('Holds nowhere yet: assign it to connections', command)];
    }
    if (!(node instanceof DecisionsNode)) return [];
    const decisions = (await this.#service.decisions({ limit: shownDecisions })).filter(
      ({ packs }) => packs.length > 0,
    );
    if (decisions.length > 0) return decisions.map((decision) => new DecisionNode(decision));
    return [new NoteLine('None yet: each act on a connection with a pack stands here, allowed or blocked')];
  }

  #packItem({ view: { pack, connections } }: PackNode): TreeItem {
    const item = new TreeItem(
      withoutIcons(displayShort(pack.name)),
      connections.length > 0 ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
    );
    const nowMs = this.#clock.wallMs();
    const open = pack.enabled && (!pack.schedulingEnabled || isOpen(minutesOfWindows(pack.executionWindows), nowMs));
    item.id = pack.id;
    item.description = `${packState(pack, nowMs)}${pack.source === 'settings' ? ' · from settings' : ''}`;
    item.iconPath = !pack.enabled
      ? new ThemeIcon('circle-outline')
      : open
        ? new ThemeIcon('law', new ThemeColor('testing.iconPassed'))
        : new ThemeIcon('law', new ThemeColor('list.warningForeground'));
    item.contextValue = ['pack', pack.source, pack.enabled ? 'on' : 'off'].join(':');
    item.tooltip = [
      display(pack.name),
      packSentence(pack),
      packState(pack, nowMs),
      connections.length === 0
        ? 'Holds nowhere yet.'
        : `Holds on ${connections.map(({ name }) => displayShort(name)).join(', ')}.`,
      ...(pack.description === undefined ? [] : [display(pack.description)]),
    ].join('\n');
    item.accessibilityInformation = { label: `${item.label as string}, ${item.description}` };
    item.command = { command: 'cachify.governance.openPack' satisfies CommandId, title: 'Open Policy Pack' };
    item.command.arguments = [new PackNode({ pack, connections })];
    return item;
  }

  #decisionItem(decision: RecordedDecision): TreeItem {
    const { allowed, action, at, violations, nextOpening } = decision;
    const words = `${allowed ? 'Allowed' : 'Blocked'}: ${actionWords(action)}`;
    const item = new TreeItem(words, TreeItemCollapsibleState.None);
    const where = withoutIcons(displayShort(this.#nameOf(decision.connectionId)));
    const ago = Math.max(0, this.#clock.wallMs() - Date.parse(at));
    item.id = decision.id;
    item.description = `${where} · ${ago < 60_000 ? 'now' : `${formatDuration(ago)} ago`}`;
    item.iconPath = allowed
      ? new ThemeIcon('pass')
      : new ThemeIcon('circle-slash', new ThemeColor('list.warningForeground'));
    item.contextValue = allowed ? 'decision:allowed' : 'decision:blocked';
    item.tooltip = [
      `${words} on ${displayShort(this.#nameOf(decision.connectionId))}`,
      ...violations.map(({ packName, message }) => `${display(packName)}: ${message}`),
      ...(nextOpening === undefined ? [] : [`It opens at ${nextOpening}.`]),
      `${at} (UTC)`,
    ].join('\n');
    item.accessibilityInformation = { label: `${words}, ${item.description}` };
    if (!allowed) {
      item.command = { command: 'cachify.governance.why' satisfies CommandId, title: 'Why?' };
      item.command.arguments = [new DecisionNode(decision)];
    }
    return item;
  }
}

function unreadableItem({ pack }: UnreadablePackNode): TreeItem {
  const item = new TreeItem(withoutIcons(displayShort(pack.name)), TreeItemCollapsibleState.None);
  item.id = `unreadable/${pack.id}`;
  item.description = 'cannot be read: blocks changes';
  item.iconPath = new ThemeIcon('error', new ThemeColor('list.errorForeground'));
  item.contextValue = pack.id.startsWith('settings:') ? 'unreadable:settings' : 'unreadable:store';
  item.tooltip = `${display(pack.name)} cannot be read, so it blocks changes where it holds.\n${pack.problem}`;
  if (pack.id.startsWith('settings:'))
    item.command = { command: 'cachify.governance.openSettings' satisfies CommandId, title: 'Open Policy Settings' };
  return item;
}

/** Its hover says why changes are held back, by whichever pack. */
function connectionItem({ packId, definition, decision }: PackConnectionNode, nowMs: number): TreeItem {
  const item = new TreeItem(withoutIcons(displayShort(definition.name)), TreeItemCollapsibleState.None);
  item.id = `${packId}/${definition.uid}`;
  const environment = definition.environment === 'unknown' ? 'no environment' : definition.environment;
  const { allowed, violations, nextOpening } = decision;
  item.description = `${environment} · ${allowed ? 'changes allowed now' : 'changes blocked now'}`;
  item.tooltip = [
    `Changes on ${displayShort(definition.name)} are ${allowed ? 'allowed' : 'blocked'} now.`,
    ...violations.map(({ packName, message }) => `${display(packName)}: ${message}`),
    ...(nextOpening === undefined ? [] : [`All packs together open ${utcWords(Date.parse(nextOpening), nowMs)}.`]),
  ].join('\n');
  item.iconPath = allowed
    ? new ThemeIcon('database')
    : new ThemeIcon('circle-slash', new ThemeColor('list.warningForeground'));
  item.contextValue = packId.startsWith('settings:') ? 'held:settings' : 'held:store';
  return item;
}

function decisionsItem(): TreeItem {
  const item = new TreeItem('Recent decisions', TreeItemCollapsibleState.Collapsed);
  item.id = 'group/decisions';
  item.contextValue = 'group:decisions';
  return item;
}
