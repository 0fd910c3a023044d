import { commands, type Disposable, type Uri } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { Log, Trust } from '../../app/ports/environment.ts';
import { happeningsOf } from '../../app/workflows/report.ts';
import type { WorkflowService } from '../../app/workflows/workflowService.ts';
import { asFailure } from '../../domain/failure.ts';
import { formatCounted, formatDuration } from '../../domain/format.ts';
import { utcWords } from '../../domain/governance/words.ts';
import { display } from '../../domain/display.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import type { RunHistory } from '../../app/workflows/views.ts';
import type { WorkflowPlan } from '../../domain/workflows/views.ts';
import { sizeOf } from '../../domain/workflows/ranges.ts';
import type { ProgressPoint, RunSnapshot, WorkflowRunContract } from '../../protocol/workflowRun.ts';
import { panelTypes, type CommandId } from '../contributions.ts';
import { RunNode } from '../trees/workflowNodes.ts';
import { runLink } from '../workflows/runLink.ts';
import { SinglePanel, type OpenPage, type PageSession } from './panel.ts';
import { SnapshotPush } from './snapshotPush.ts';

export interface WorkflowRunPanelParts {
  readonly extensionUri: Uri;
  readonly service: WorkflowService;
  readonly connections: ConnectionService;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly log: Log;
}

const tellEveryMs = 500;
/** A timer holds no longer; a panel that is open for so long is told by something else before. */
const longestWaitMs = 7 * 24 * 3_600_000;
const shownProblems = 100;
const chartPoints = 240;

/** The panel of one run: its plan, its progress, its problems, and what can be done with it. */
export class WorkflowRunPanel implements Disposable {
  readonly #parts: WorkflowRunPanelParts;
  readonly #panel: SinglePanel<WorkflowRunContract>;
  readonly #watching: Disposable;
  readonly #push: SnapshotPush<RunSnapshot | null>;
  #runId: string | undefined;
  /** The plan as it was shown last: reading it proves the whole file. */
  #plan: { readonly of: string; readonly plan: WorkflowPlan | string } | undefined;
  #opening: { dispose(): void } | undefined;

  constructor(parts: WorkflowRunPanelParts) {
    this.#parts = parts;
    this.#push = new SnapshotPush({
      clock: parts.clock,
      log: parts.log,
      panel: panelTypes.workflowRun,
      everyMs: tellEveryMs,
      snapshot: () => this.#snapshot(),
    });
    this.#panel = new SinglePanel(parts.extensionUri, {
      viewType: panelTypes.workflowRun,
      title: 'Workflow run',
      page: 'workflowRun',
      contract: async () => (await import('../../protocol/workflowRun.ts')).workflowRunContract,
      session: (page) => this.#session(page),
      onRefused: () => parts.log.warn('panel message refused', { kind: panelTypes.workflowRun }),
    });
    this.#watching = parts.service.onDidChange((runId) => runId === this.#runId && this.#push.soon());
  }

  /** Opens or reveals the panel on a run. `preserveFocus`: for what asks a question next, which the page must not outdo. */
  async open(runId: string, { preserveFocus = false } = {}): Promise<void> {
    this.#runId = runId;
    await this.#panel.open(preserveFocus);
    await this.#push.now();
  }

  dispose(): void {
    this.#watching.dispose();
    this.#push.dispose();
    this.#opening?.dispose();
    this.#panel.dispose();
  }

  #session(page: OpenPage<WorkflowRunContract>): PageSession<WorkflowRunContract> {
    this.#push.attach(page);
    return {
      handlers: {
        ready: ({ runId }) => {
          this.#runId ??= runId ?? undefined;
          return this.#snapshot();
        },
        items: (query) =>
          this.#parts.service.planItems({
            runId: query.runId,
            limit: query.limit,
            ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
          }),
        act: ({ runId, act }) => {
          if (act === 'why') return this.#why(runId);
          return act === 'timeline' ? this.#timeline(runId) : this.#act(runId, `cachify.workflows.${act}`);
        },
      },
      dispose: () => {
        this.#push.detach(page);
      },
    };
  }

  async #act(runId: string, command: CommandId): Promise<void> {
    const run = await this.#parts.service.run(runId);
    if (run !== null) await commands.executeCommand(command, new RunNode(run));
  }

  async #timeline(runId: string): Promise<void> {
    const run = await this.#parts.service.run(runId);
    const command: CommandId = 'cachify.observability.openTimeline';
    if (run !== null) await commands.executeCommand(command, runLink(run, this.#parts.clock.wallMs()));
  }

  /** Why a policy holds the run back. */
  async #why(runId: string): Promise<void> {
    const run = await this.#parts.service.run(runId);
    if (run === null) return;
    const action = run.state === 'planned' ? 'workflows.start' : 'workflows.resume';
    const command: CommandId = 'cachify.governance.why';
    await commands.executeCommand(command, { connectionId: run.connectionId, action });
  }

  async #snapshot(): Promise<RunSnapshot | null> {
    const { service, connections, trust } = this.#parts;
    if (this.#runId === undefined) return null;
    const run = await service.run(this.#runId);
    if (run === null) return null;
    const histories = await service.history(run.id);
    const plan = await this.#planOf(run);
    const { summary } = connections.view(run.connectionId);
    return {
      trusted: trust.isTrusted(),
      run,
      plan: typeof plan === 'string' ? null : plan,
      planProblem: typeof plan === 'string' ? plan : null,
      connection: { name: display(summary.name), environment: summary.environment, readOnly: summary.readOnly },
      progress: progressPoints(histories),
      snapshotBytes: histories.at(-1)?.run?.snapshotBytes ?? 0,
      undoPurged: histories.at(-1)?.row.undoPurged ?? false,
      happenings: happeningsOf(histories).toReversed().slice(0, 100),
      problems: await this.#problems(run),
      guarantee: kindOf(run.kind).guarantee,
      verb: kindOf(run.kind).verb,
      ruling: typeof plan === 'string' ? '' : rulingWords(plan, run.policyPackIds.length, this.#parts.clock.wallMs()),
    };
  }

  /** Policies and room for undo matter until the start; afterwards the plan is history. */
  async #planOf(run: RunSnapshot['run']): Promise<WorkflowPlan | string> {
    const of = `${run.id} ${run.state}`;
    if (this.#plan?.of === of && run.state !== 'planned') return this.#plan.plan;
    const plan = await this.#parts.service.planOf(run.id).catch((error: unknown) => asFailure(error).message);
    this.#plan = { of, plan };
    if (typeof plan !== 'string') this.#tellAtOpening(plan.decision.nextOpening);
    return plan;
  }

  /** A button that may work from then on must be there then. */
  #tellAtOpening(nextOpening: string | undefined): void {
    this.#opening?.dispose();
    const { clock } = this.#parts;
    const ms = nextOpening === undefined ? Infinity : Date.parse(nextOpening) - clock.wallMs();
    this.#opening = ms < longestWaitMs ? clock.after(Math.max(0, ms) + 1000, () => void this.#push.now()) : undefined;
  }

  async #problems(run: RunSnapshot['run']): Promise<RunSnapshot['problems']> {
    return Promise.all(
      run.problems.slice(0, shownProblems).map(async ({ index, outcome, message }) => {
        const { items } = await this.#parts.service.planItems({ runId: run.id, cursor: String(index), limit: 1 });
        return { name: items[0]?.name ?? `item ${index + 1}`, outcome: outcome.replace('_', ', '), message };
      }),
    );
  }
}

function rulingWords({ decision }: WorkflowPlan, packs: number, nowMs: number): string {
  const { allowed, nextOpening } = decision;
  if (allowed && packs === 0) return 'No policy pack holds on this connection.';
  if (allowed) return `${formatCounted(packs, 'policy pack')} asked: allowed now.`;
  if (nextOpening === undefined) return 'No window will allow it by itself.';
  const opensMs = Date.parse(nextOpening);
  return `It opens ${utcWords(opensMs, nowMs)}, in ${formatDuration(Math.max(0, opensMs - nowMs))}.`;
}

/** Settled items over time, thinned to what a chart can show. */
function progressPoints(histories: readonly RunHistory[]): ProgressPoint[] {
  let settled = 0;
  const points: ProgressPoint[] = [];
  for (const { event } of histories.flatMap(({ events }) => events)) {
    if (event.kind === 'started' && points.length === 0) points.push({ at: Date.parse(event.at), settled });
    if (event.kind !== 'settled') continue;
    settled += sizeOf(event.items);
    points.push({ at: Date.parse(event.at), settled });
  }
  const step = Math.max(1, Math.ceil(points.length / chartPoints));
  return points.filter((_, at) => at % step === 0 || at === points.length - 1);
}
