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
import type { Clock } from '../../app/ports/clock.ts';
import type { WorkflowService } from '../../app/workflows/workflowService.ts';
import { display, displayShort } from '../../domain/display.ts';
import { asFailure } from '../../domain/failure.ts';
import type { RunState } from '../../domain/workflows/definition.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import type { RunAbilities, WorkflowRun } from '../../domain/workflows/views.ts';
import { runLine, stateWords } from '../../domain/workflows/words.ts';
import { withoutIcons } from '../connections/labels.ts';
import { Coalesced } from '../coalesced.ts';
import { viewIds, type CommandId } from '../contributions.ts';
import { GroupNode, RunNode, TemplateNode, type WorkflowNode } from './workflowNodes.ts';
import { NoteLine, noteLineItem } from './noteLine.ts';

/** A run's steps come many times a second; the view is drawn at most so often. */
const drawEveryMs = 1000;
const shownRuns = 50;

/** The Workflows view: runs with their live state, and the templates that new ones come from. */
export class WorkflowsTree implements TreeDataProvider<WorkflowNode> {
  readonly #service: WorkflowService;
  readonly #clock: Clock;
  readonly #nameOf: (connectionId: string) => string;
  readonly #changes = new EventEmitter<undefined>();
  readonly #drawing: Coalesced;
  readonly onDidChangeTreeData = this.#changes.event;

  constructor(service: WorkflowService, clock: Clock, nameOf: (connectionId: string) => string) {
    this.#service = service;
    this.#clock = clock;
    this.#drawing = new Coalesced(clock, drawEveryMs, () => this.refresh());
    this.#nameOf = nameOf;
  }

  register(): Disposable {
    const view = window.createTreeView(viewIds.workflows, { treeDataProvider: this, showCollapseAll: false });
    return Disposable.from(
      view,
      this.#changes,
      this.#service.onDidChange(() => this.#drawing.soon()),
      // Other windows run workflows too.
      view.onDidChangeVisibility(({ visible }) => visible && this.refresh()),
      this.#drawing,
    );
  }

  refresh(): void {
    this.#changes.fire(undefined);
  }

  getTreeItem(node: WorkflowNode): TreeItem {
    if (node instanceof GroupNode) return groupItem(node);
    if (node instanceof RunNode) return this.#runItem(node.run);
    return node instanceof TemplateNode ? templateItem(node) : noteLineItem(node);
  }

  async getChildren(node?: WorkflowNode): Promise<WorkflowNode[]> {
    try {
      return await this.#children(node);
    } catch (error) {
      return [new NoteLine(asFailure(error).message)];
    }
  }

  async #children(node: WorkflowNode | undefined): Promise<WorkflowNode[]> {
    if (node === undefined) {
      const [runs, templates] = await Promise.all([
        this.#service.runs({ limit: shownRuns }),
        this.#service.templates(),
      ]);
      return [new GroupNode('runs', runs.length), new GroupNode('templates', templates.length)];
    }
    if (!(node instanceof GroupNode)) return [];
    if (node.group === 'templates') return (await this.#service.templates()).map((each) => new TemplateNode(each));
    const runs = await this.#service.runs({ limit: shownRuns });
    if (runs.length > 0) return runs.map((run) => new RunNode(run));
    const text = 'Change many keys, with a way back';
    return [new NoteLine(text, { id: 'cachify.workflows.plan' satisfies CommandId, title: 'Plan Workflow…' })];
  }

  #runItem(run: WorkflowRun): TreeItem {
    const item = new TreeItem(withoutIcons(displayShort(run.name)), TreeItemCollapsibleState.None);
    const where = withoutIcons(displayShort(this.#nameOf(run.connectionId)));
    item.id = run.id;
    item.description = `${where} · ${runLine(run, this.#clock.wallMs())}`;
    item.iconPath = iconOf(run);
    item.contextValue = ['run', ...abilitiesOf(run.can)].join(':');
    item.tooltip = [
      `${displayShort(run.name)} on ${displayShort(this.#nameOf(run.connectionId))}`,
      `${stateWords[run.state]}: ${run.stepResults.map(({ message }) => message).join(' · ')}`,
      ...(run.error === undefined ? [] : [run.error.message, run.error.nextAction ?? '']),
    ].join('\n');
    item.accessibilityInformation = { label: `${item.label as string}, ${item.description}` };
    item.command = {
      command: 'cachify.workflows.open' satisfies CommandId,
      title: 'Open Run',
      arguments: [new RunNode(run)],
    };
    return item;
  }
}

function groupItem({ group, count }: GroupNode): TreeItem {
  const item = new TreeItem(group === 'runs' ? 'Runs' : 'Templates', TreeItemCollapsibleState.Expanded);
  item.id = `group/${group}`;
  item.description = count === 0 ? '' : String(count);
  item.contextValue = `group:${group}`;
  return item;
}

function templateItem({ template }: TemplateNode): TreeItem {
  const item = new TreeItem(withoutIcons(displayShort(template.name)), TreeItemCollapsibleState.None);
  item.id = template.id;
  item.description = kindOf(template.kind).title + (template.builtIn ? '' : ' · own');
  item.iconPath = new ThemeIcon('file-code');
  item.contextValue = template.builtIn ? 'template:builtIn' : 'template:own';
  item.tooltip = `${display(template.name)}\n${kindOf(template.kind).guarantee}`;
  return item;
}

const icons: Readonly<Record<RunState, readonly [icon: string, color?: string]>> = {
  planned: ['checklist'],
  running: ['sync~spin'],
  paused_user: ['debug-pause'],
  paused_window: ['clock'],
  paused_policy: ['law', 'list.warningForeground'],
  interrupted: ['warning', 'list.warningForeground'],
  in_doubt: ['question', 'list.warningForeground'],
  failed: ['error', 'list.errorForeground'],
  stopped_limit: ['stop-circle', 'list.warningForeground'],
  completed: ['pass'],
  aborted: ['circle-slash'],
};

function iconOf(run: WorkflowRun): ThemeIcon {
  if (run.undone) return new ThemeIcon('discard');
  const [icon, color] = icons[run.state];
  return new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
}

function abilitiesOf(can: RunAbilities): string[] {
  return Object.entries(can)
    .filter(([, able]) => able === true)
    .map(([name]) => name);
}
