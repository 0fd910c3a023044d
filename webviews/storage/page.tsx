import type { VNode } from 'preact';
import { datasetTitles, rowWords } from '../../src/domain/retention/dataset.ts';
import { formatBytes, formatCounted, formatPercent } from '../../src/domain/format.ts';
import { unmetWords, type StorageReport } from '../../src/domain/retention/report.ts';
import { Button } from '../ui/controls.tsx';
import { Notice } from '../ui/notice.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { FailureNotice, WaitingPage } from '../ui/waitingPage.tsx';
import { Datasets } from './datasets.tsx';
import { act, busy, done, failure, load, open, report, undo } from './model.ts';
import { Time } from './time.tsx';

/** The whole panel: what needs a person, each dataset against its budget, and what can be done with the store. */
export function Page(): VNode {
  const shown = report.value;
  const refused = failure.value;
  if (shown === null) {
    return (
      <WaitingPage
        waiting="Adding up what is kept…"
        failed="The local store could not be read"
        failure={refused}
        onRetry={() => void load()}
      />
    );
  }
  return (
    <main class="page">
      <Head shown={shown} />
      <Needs shown={shown} />
      <FailureNotice failure={refused} onClose={() => (failure.value = null)} />
      <Done />
      <Datasets shown={shown} />
      <Undoable shown={shown} />
    </main>
  );
}

function Head({ shown }: { readonly shown: StorageReport }): VNode {
  const { fileBytes, asideBytes, rollupBytes } = shown;
  return (
    <header class="storage-head">
      <div class="storage-title">
        <h1>Storage</h1>
        <span class="muted">
          {formatBytes(fileBytes)} on this machine’s disk
          {rollupBytes > 0 && `, roll-ups ${formatBytes(rollupBytes)}`}
          {asideBytes > 0 && `, ${formatBytes(asideBytes)} purged but still undoable`}
        </span>
      </div>
      <Toolbar label="What can be done with the local store">
        <Button disabled={busy.value} onClick={() => void act('verify')}>
          Verify files
        </Button>
        <Button disabled={busy.value} onClick={() => void act('exportDatabase')}>
          Export as SQLite…
        </Button>
        <Button disabled={busy.value} onClick={() => void act('openFolder')}>
          Open folder
        </Button>
        <ToolbarGap />
        <Button disabled={busy.value} onClick={() => void act('reset')}>
          Reset…
        </Button>
      </Toolbar>
    </header>
  );
}

/** What waits for a person, or is not as it should be. */
function Needs({ shown }: { readonly shown: StorageReport }): VNode {
  const { clock, held, unmet, paused } = shown.status;
  return (
    <>
      {clock !== null && (
        <Notice
          kind="warning"
          action={
            <Button disabled={busy.value} onClick={() => void act('confirmClock')}>
              Confirm the clock…
            </Button>
          }
        >
          The clock of this machine jumped {clock.direction}, to <Time at={new Date(clock.nowMs).toISOString()} />.
          Nothing is deleted by age until you confirm it, or it is set right.
        </Notice>
      )}
      {held.map(({ dataset, rows, of }) => (
        <Notice
          kind="warning"
          key={dataset}
          action={<Button onClick={() => open({ dataset, open: 'plan', olderThanDays: null })}>Review purge</Button>}
        >
          {datasetTitles[dataset]}: {formatCounted(rows, rowWords[dataset])} ({formatPercent(rows / Math.max(1, of))} of
          all) are older than their days. That is more than half, so nothing goes before you say so.
        </Notice>
      ))}
      {unmet.map((one) => (
        <Notice kind="warning" key={one.dataset}>
          {datasetTitles[one.dataset]}: {unmetWords(one)}. What is pinned is never deleted: finish or cancel it, or
          raise the budget.
        </Notice>
      ))}
      {paused !== null && (
        <Notice kind="warning">
          {datasetTitles[paused]} are not collected until that budget is met, so that nothing pinned is lost.
        </Notice>
      )}
    </>
  );
}

function Done(): VNode | null {
  const last = done.value;
  if (last === null) return null;
  const { dataset, result } = last;
  const { deletedRows, freedBytes, failed, stillOverBy, undoUntil, purgeId } = result;
  return (
    <Notice
      kind={failed.length > 0 ? 'error' : 'info'}
      action={
        undoUntil !== null && failed.length === 0 ? (
          <Button disabled={busy.value} onClick={() => void undo(purgeId)}>
            Undo
          </Button>
        ) : undefined
      }
    >
      {formatCounted(deletedRows, rowWords[dataset])} deleted.{' '}
      {undoUntil === null ? (
        <>The disk was full, so this cannot be undone; {formatBytes(freedBytes)} are free.</>
      ) : (
        <>
          {formatBytes(freedBytes)} are free once undo is over, at <Time at={undoUntil} />.
        </>
      )}
      {failed.map(({ message }) => ` ${message} What is left goes with the next try.`)}
      {stillOverBy > 0 && ` Still over by ${formatBytes(stillOverBy)}.`}
    </Notice>
  );
}

function Undoable({ shown }: { readonly shown: StorageReport }): VNode | null {
  const { undoable } = shown;
  if (undoable.length === 0) return null;
  return (
    <section class="storage-undo" aria-label="Purges that can be undone">
      <h2>Purges that can be undone</h2>
      <table class="rows">
        <tbody>
          {undoable.map((purge) => (
            <tr key={purge.purgeId}>
              <td>
                {datasetTitles[purge.dataset]}: {formatCounted(purge.rows, rowWords[purge.dataset])}
                {!purge.byPerson && <span class="muted"> by itself</span>}
              </td>
              <td class="end number">{formatBytes(purge.bytes)}</td>
              <td class="muted">
                until <Time at={purge.undoUntil} />
              </td>
              <td class="end">
                <Button disabled={busy.value} onClick={() => void undo(purge.purgeId)}>
                  Undo
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
