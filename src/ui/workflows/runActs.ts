import { ProgressLocation, window } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { WorkflowService } from '../../app/workflows/workflowService.ts';
import { display } from '../../domain/display.ts';
import { isFailure } from '../../domain/failure.ts';
import { formatCount, formatCounted } from '../../domain/format.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import type { WorkflowPlan, WorkflowRun } from '../../domain/workflows/views.ts';
import { progressOf, stateWords } from '../../domain/workflows/words.ts';
import { askChoice, askText, back } from '../quickInput.ts';
import type { PlanQuery } from '../../app/workflows/newPlan.ts';

type Confirm = { readonly confirm?: string };

/** What a person does with plans and runs, from the tree, the panel and the palette alike. */
export class RunActs {
  readonly #service: WorkflowService;
  readonly #connections: ConnectionService;

  constructor(service: WorkflowService, connections: ConnectionService) {
    this.#service = service;
    this.#connections = connections;
  }

  /** Plans with a progress that can be cancelled. */
  plan(query: Omit<PlanQuery, 'signal'>): Promise<WorkflowPlan> {
    return planning((signal, report) => this.#service.plan({ ...query, signal }, report));
  }

  planAgain(run: WorkflowRun, parameters?: Readonly<Record<string, unknown>>): Promise<WorkflowPlan> {
    const changed = parameters === undefined ? {} : { parameters };
    return planning((signal, report) => this.#service.rerun({ runId: run.id, ...changed, signal }, report));
  }

  /** Asks what must be asked, starts, and shows progress until the run stands still. */
  async start(run: WorkflowRun): Promise<WorkflowRun | undefined> {
    const words = `${kindOf(run.kind).verb} ${formatCounted(run.counts.planned, 'key')}`;
    const started = await this.#confirmed(run, words, 'Start', (confirm) =>
      this.#service.start({ runId: run.id, ...confirm }),
    );
    return started === undefined ? undefined : this.#follow(started);
  }

  /** Lets a plan wait for its window; what must be typed is asked for now. */
  async schedule(run: WorkflowRun): Promise<void> {
    const words = `${kindOf(run.kind).verb} ${formatCounted(run.counts.planned, 'key')} when the window opens`;
    const waiting = await this.#confirmed(run, words, 'Start when it opens', (confirm) =>
      this.#service.schedule({ runId: run.id, ...confirm }),
    );
    if (waiting?.error !== undefined)
      void window.showInformationMessage(`${display(run.name)}: ${waiting.error.message}`);
  }

  async resume(run: WorkflowRun): Promise<WorkflowRun | undefined> {
    const left = run.counts.planned - run.counts.done - run.counts.skipped - run.counts.failed;
    const words = `${kindOf(run.kind).verb} ${formatCounted(left, 'more key')}`;
    const resumed = await this.#confirmed(run, words, 'Resume', (confirm) =>
      this.#service.resume({ runId: run.id, ...confirm }),
    );
    return resumed === undefined ? undefined : this.#follow(resumed);
  }

  pause(run: WorkflowRun): Promise<WorkflowRun> {
    return this.#service.pause(run.id);
  }

  async cancel(run: WorkflowRun): Promise<WorkflowRun | undefined> {
    const cancel = 'Cancel run';
    const answer = await window.showWarningMessage(
      `Cancel ${display(run.name)} for good?`,
      {
        modal: true,
        detail: `${formatCount(run.counts.done)} items are done and stay so; they can be undone. It cannot be resumed afterwards.`,
      },
      cancel,
    );
    return answer === cancel ? this.#service.cancel(run.id) : undefined;
  }

  async undo(run: WorkflowRun): Promise<void> {
    const words = `Undo ${formatCounted(run.counts.done, 'change')}`;
    const outcome = await this.#confirmed(run, words, 'Undo', (confirm) =>
      window.withProgress({ location: ProgressLocation.Notification, title: `Undo: ${display(run.name)}` }, () =>
        this.#service.undo({ runId: run.id, ...confirm }),
      ),
    );
    if (outcome === undefined) return;
    const conflicts =
      outcome.conflicts === 0
        ? ''
        : ` ${formatCount(outcome.conflicts)} were changed by others since and left alone; the report lists them.`;
    void window.showInformationMessage(`${formatCount(outcome.restored)} keys are as they were before.${conflicts}`);
  }

  async resolveInDoubt(run: WorkflowRun): Promise<WorkflowRun | undefined> {
    const choice = await askChoice({
      title: `${formatCount(run.counts.inDoubt)} items of ${display(run.name)} are in doubt`,
      placeholder: 'A batch was sent and no answer came. What now?',
      choices: [
        { label: 'Treat them as done', value: 'treatAsDone' as const },
        { label: 'Do them again', description: 'items may change twice', value: 'redo' as const },
        { label: 'Stop the run', value: 'stop' as const },
      ],
    });
    if (choice === undefined || choice === back) return undefined;
    return this.#service.resolveInDoubt({ runId: run.id, choice });
  }

  /**
   * Asks before items are touched: a button where that is enough, the connection's name where a guardrail wants it. The
   * use case itself says what it wants, so that nobody can forget to ask.
   */
  async #confirmed<T>(
    run: WorkflowRun,
    words: string,
    verb: string,
    act: (confirm: Confirm) => PromiseLike<T>,
  ): Promise<T | undefined> {
    const view = this.#connections.view(run.connectionId);
    const name = display(view.summary.name);
    const guarded = view.summary.environment === 'prod' || view.summary.environment === 'unknown';
    if (!guarded) {
      const answer = await window.showWarningMessage(
        `${words} on ${name}?`,
        { modal: true, detail: `${display(run.name)}\n${kindOf(run.kind).guarantee}` },
        verb === 'Start' ? words : verb,
      );
      if (answer === undefined) return undefined;
    }
    try {
      return await act({});
    } catch (error) {
      if (!isFailure(error, 'BLOCKED') || error.details?.confirm === undefined) throw error;
      const { confirm } = error.details;
      const reasons = Array.isArray(error.details['reasons']) ? error.details['reasons'].join(' ') : error.message;
      const typed = await askText({
        title: `${words} on ${name}`,
        prompt: `${reasons} Type ${display(confirm)} to go on.`,
        placeholder: display(confirm),
        validate: (text) => (text === confirm ? undefined : `This is not ${display(confirm)}.`),
      });
      return typed === confirm ? act({ confirm }) : undefined;
    }
  }

  /** A notification that counts up; its Cancel pauses, since a pause loses nothing. */
  async #follow(run: WorkflowRun): Promise<WorkflowRun> {
    const shown = window.withProgress(
      { location: ProgressLocation.Notification, title: display(run.name), cancellable: true },
      async (progress, cancellation) => {
        let at = 0;
        const report = (now: WorkflowRun): void => {
          const percent = Math.floor(progressOf(now) * 100);
          const message = `${formatCount(now.counts.done + now.counts.skipped + now.counts.failed)} of ${formatCount(now.counts.planned)}`;
          progress.report({ increment: Math.max(0, percent - at), message });
          at = percent;
        };
        report(run);
        const watching = this.#service.onDidChange((id) => {
          if (id === run.id) void this.#service.run(id).then((now) => now && report(now));
        });
        // A run that ended meanwhile cannot be paused any more: its end is what is shown.
        const pausing = cancellation.onCancellationRequested(
          () => void this.#service.pause(run.id).catch(() => undefined),
        );
        try {
          return await this.#service.wait(run.id);
        } finally {
          watching.dispose();
          pausing.dispose();
        }
      },
    );
    void Promise.resolve(shown).then(tellEnd);
    return run;
  }
}

function tellEnd(run: WorkflowRun): void {
  const { counts } = run;
  const text = `${display(run.name)}: ${formatCount(counts.done)} done, ${formatCount(counts.skipped)} skipped, ${formatCount(counts.failed)} failed.`;
  if (run.state === 'completed') void window.showInformationMessage(text);
  else if (run.state === 'paused_user' || run.state === 'aborted')
    void window.setStatusBarMessage(`${text} ${stateWords[run.state]}`, 8000);
  else
    void window.showWarningMessage(
      `${text} ${run.error?.message ?? stateWords[run.state]} ${run.error?.nextAction ?? ''}`.trim(),
    );
}

async function planning(
  run: (
    signal: AbortSignal,
    report: (progress: { readonly looked: number; readonly matched: number }) => void,
  ) => Promise<WorkflowPlan>,
): Promise<WorkflowPlan> {
  const options = { location: ProgressLocation.Notification, title: 'Planning, nothing is changed', cancellable: true };
  return window.withProgress(options, async (progress, cancellation) => {
    const abort = new AbortController();
    cancellation.onCancellationRequested(() => abort.abort());
    return run(abort.signal, ({ looked, matched }) => {
      progress.report({ message: `${formatCount(looked)} looked at, ${formatCount(matched)} match` });
    });
  });
}
