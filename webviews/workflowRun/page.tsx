import type { VNode } from 'preact';
import { formatBytes, formatCount, formatCounted, formatDuration, formatPercent } from '../../src/domain/format.ts';
import { progressOf, stateWords } from '../../src/domain/workflows/words.ts';
import type { RunSnapshot } from '../../src/protocol/workflowRun.ts';
import { Button } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { ProgressBar } from '../ui/progressBar.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { FailureNotice, WaitingPage } from '../ui/waitingPage.tsx';
import { History, Problems } from './history.tsx';
import { act, acting, failure, load, snapshot, tab } from './model.ts';
import { PlanView } from './plan.tsx';
import { ProgressView } from './progress.tsx';

/** The whole panel: what run it is and how it stands, what can be done, then plan, progress, problems, history. */
export function Page(): VNode {
  const shown = snapshot.value;
  const refused = failure.value;
  if (shown === null) {
    return (
      <WaitingPage
        waiting="Reading the run…"
        failed="The run could not be read"
        failure={refused}
        onRetry={() => void load()}
      />
    );
  }
  if (shown === 'none') return <NoRun />;
  const { counts } = shown.run;
  const problems = counts.skipped + counts.failed;
  const tabs = [
    { id: 'plan', title: 'Plan' },
    { id: 'progress', title: 'Progress' },
    { id: 'problems', title: problems === 0 ? 'Problems' : `Problems ${formatCount(problems)}` },
    { id: 'history', title: 'History' },
  ] as const;
  return (
    <main class="page">
      <Head shown={shown} />
      <Actions shown={shown} />
      <FailureNotice failure={refused} onClose={() => (failure.value = null)} />
      {shown.run.error !== undefined && (
        <Notice
          kind={shown.run.state === 'failed' ? 'error' : 'warning'}
          action={
            shown.run.error.details?.['rule'] === 'policy' && <Button onClick={() => void act('why')}>Why?</Button>
          }
        >
          {shown.run.error.message} {shown.run.error.nextAction}
        </Notice>
      )}
      <Bar shown={shown} />
      <Tabs tabs={tabs} active={tab.value} onChange={(id) => (tab.value = id)} label="Run">
        {tab.value === 'plan' && <PlanView shown={shown} />}
        {tab.value === 'progress' && <ProgressView shown={shown} />}
        {tab.value === 'problems' && <Problems shown={shown} />}
        {tab.value === 'history' && <History shown={shown} />}
      </Tabs>
    </main>
  );
}

function NoRun(): VNode {
  return (
    <EmptyState icon="checklist" title="Change many keys with a plan and a way back">
      Choose a run in the Workflows view, or plan one: delete a folder, give keys an expiry, warm up a cache. You see
      exactly what will happen before anything does.
    </EmptyState>
  );
}

const stateIcons: Readonly<Record<string, string>> = {
  planned: 'checklist',
  running: 'sync',
  completed: 'pass-filled',
  failed: 'error',
  interrupted: 'warning',
  in_doubt: 'question',
  aborted: 'circle-slash',
};

function Head({ shown }: { readonly shown: RunSnapshot }): VNode {
  const { run, connection } = shown;
  return (
    <header class="run-head">
      <h1>{run.name}</h1>
      <span class="run-where">
        on {connection.name} <EnvironmentBadge environment={connection.environment} />
      </span>
      <ToolbarGap />
      <span class={`run-state run-state-${run.state}`} role="status">
        <Icon name={run.undone ? 'discard' : (stateIcons[run.state] ?? 'debug-pause')} />
        {run.undone ? 'undone' : stateWords[run.state]}
        {run.resumedByExecutionId !== undefined && ', resumed'}
      </span>
    </header>
  );
}

function Actions({ shown }: { readonly shown: RunSnapshot }): VNode {
  const { run, verb, plan } = shown;
  const { can } = run;
  const busy = acting.value !== null;
  const left = run.counts.planned - run.counts.done - run.counts.skipped - run.counts.failed;
  return (
    <div class="run-actions">
      <Toolbar label="What can be done with this run">
        {run.state === 'planned' && (
          <Button
            appearance="primary"
            disabled={!can.start || busy || !shown.trusted || plan?.decision.allowed === false}
            onClick={() => void act('start')}
          >
            {verb} {formatCounted(run.counts.planned, 'key')}
          </Button>
        )}
        {run.state === 'planned' && plan?.decision.nextOpening !== undefined && (
          <Button disabled={!can.start || busy || !shown.trusted} onClick={() => void act('schedule')}>
            Start when the window opens
          </Button>
        )}
        {run.state !== 'planned' && (
          <>
            <Button
              appearance={can.resume ? 'primary' : 'secondary'}
              disabled={!can.resume || busy || !shown.trusted}
              onClick={() => void act('resume')}
            >
              {can.resume ? `Resume, ${formatCount(left)} left` : 'Resume'}
            </Button>
            <Button disabled={!can.pause || busy} onClick={() => void act('pause')}>
              Pause
            </Button>
          </>
        )}
        {can.resolveInDoubt && (
          <Button appearance="primary" disabled={busy} onClick={() => void act('resolveInDoubt')}>
            Decide…
          </Button>
        )}
        {run.state !== 'planned' && (
          <Button disabled={!can.cancel || busy} onClick={() => void act('cancel')}>
            Cancel
          </Button>
        )}
        {run.state !== 'planned' && (
          <Button disabled={!can.undo || busy || !shown.trusted} onClick={() => void act('undo')}>
            {can.undo ? `Undo ${formatCounted(run.counts.done, 'change')}` : 'Undo'}
          </Button>
        )}
        <Button disabled={!can.rerun || busy} onClick={() => void act('rerun')}>
          Plan again…
        </Button>
        <Button disabled={busy} onClick={() => void act('report')}>
          Open report
        </Button>
        {run.state !== 'planned' && (
          <Button disabled={busy} onClick={() => void act('timeline')}>
            Show events
          </Button>
        )}
      </Toolbar>
    </div>
  );
}

function Bar({ shown }: { readonly shown: RunSnapshot }): VNode {
  const { run, snapshotBytes, undoPurged, plan } = shown;
  const { counts, state } = run;
  const share = state === 'planned' ? 0 : progressOf(run);
  const room = plan?.snapshots?.roomBytes;
  return (
    <section class={`run-bar run-bar-${state}`}>
      <ProgressBar
        share={share}
        label={`${formatPercent(share)} of the plan`}
        counted={{ done: counts.done + counts.skipped + counts.failed, of: counts.planned }}
      />
      <p class="run-counts number">
        <span>{formatCount(counts.done)} done</span>
        <span>{formatCount(counts.skipped)} skipped</span>
        <span class={counts.failed > 0 ? 'bad' : ''}>{formatCount(counts.failed)} failed</span>
        {counts.inDoubt > 0 && <span class="bad">{formatCount(counts.inDoubt)} in doubt</span>}
        <span class="muted">of {formatCount(counts.planned)}</span>
        {snapshotBytes > 0 && (
          <span class="muted">
            {undoPurged ? 'what was kept for undo was purged' : `${formatBytes(snapshotBytes)} kept for undo`}
          </span>
        )}
        {snapshotBytes === 0 && plan?.snapshots !== null && plan !== null && room !== undefined && (
          <span class="muted">
            undo needs about {formatBytes(plan.snapshots?.neededBytes ?? 0)} of {formatBytes(room)}
          </span>
        )}
        {state === 'planned' && plan !== null && <span class="muted">about {formatDuration(plan.estimatedMs)}</span>}
      </p>
    </section>
  );
}
