import type { VNode } from 'preact';
import { formatCount } from '../../src/domain/format.ts';
import { stateWords } from '../../src/domain/workflows/words.ts';
import type { RunSnapshot } from '../../src/protocol/workflowRun.ts';
import { EmptyState } from '../ui/emptyState.tsx';

/** Items that were not done, each with its reason. */
export function Problems({ shown }: { readonly shown: RunSnapshot }): VNode {
  const { problems, run } = shown;
  const all = run.counts.skipped + run.counts.failed;
  if (problems.length === 0) {
    return (
      <EmptyState icon="pass" title="No item was skipped or failed">
        Keys that are gone, changed their type, or are refused by the server would be listed here.
      </EmptyState>
    );
  }
  return (
    <div class="list">
      {all > problems.length && (
        <p class="muted">
          The first {formatCount(problems.length)} of {formatCount(all)}.
        </p>
      )}
      <table class="rows">
        <thead>
          <tr>
            <th>Key</th>
            <th>Outcome</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {problems.map(({ name, outcome, message }) => (
            <tr key={name}>
              <td class="cell-name" title={name}>
                {name}
              </td>
              <td>{outcome}</td>
              <td>{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Attempts of the lineage, the checkpoint, and what happened. */
export function History({ shown }: { readonly shown: RunSnapshot }): VNode {
  const { run, happenings } = shown;
  return (
    <div class="list">
      <h2>Attempts</h2>
      <table class="rows">
        <thead>
          <tr>
            <th>Run</th>
            <th>Began</th>
            <th>State</th>
            <th class="end">Done in all</th>
          </tr>
        </thead>
        <tbody>
          {run.attempts.map(({ runId, startedAt, state, done }, at) => (
            <tr key={runId}>
              <td title={runId}>run {at + 1}</td>
              <td title={startedAt}>{localTime(startedAt)}</td>
              <td>{stateWords[state]}</td>
              <td class="number end">{formatCount(done)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>Checkpoint</h2>
      <p class="muted checkpoint">{run.checkpointToken ?? 'None yet: the first comes with the first batch.'}</p>
      <h2>Policy</h2>
      <p class="muted">{policyWords(shown)}</p>
      <h2>What happened</h2>
      <table class="rows">
        <tbody>
          {happenings.map(({ at, text }) => (
            <tr key={`${at}${text}`}>
              <td class="cell-time" title={at}>
                {localTime(at)}
              </td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function policyWords({ run, plan }: RunSnapshot): string {
  if (run.policyPackIds.length === 0)
    return 'No policy pack is assigned to this connection, so nothing limits the run.';
  const packs = `Packs: ${run.policyPackIds.join(', ')}.`;
  return plan?.decision.allowed === false ? `${packs} They forbid a start now.` : `${packs} They allow it now.`;
}

function localTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
}
