import type { VNode } from 'preact';
import { formatCount, formatCounted } from '../../src/domain/format.ts';
import { packSentence } from '../../src/domain/governance/words.ts';
import type { DecisionRow, PackSnapshot } from '../../src/protocol/policyPack.ts';
import { Button, Spinner } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { localInstant } from './localTime.ts';
import { busy, replay, replayed, replayIsCurrent, takeVersion } from './model.ts';

const days = 30;

/** What the pack would have blocked lately: a rule is tried on the past before it holds. */
export function Replay(): VNode {
  const found = replayed.value;
  return (
    <section class="block" aria-label="Replay">
      <h2>What it would have blocked</h2>
      <div class="replay-head">
        <Button disabled={busy.value !== null} onClick={() => void replay(days)}>
          Try on the last {days} days
        </Button>
        {busy.value === 'replay' && <Spinner label="Trying the pack on recorded decisions…" />}
        {busy.value !== 'replay' && found !== null && (
          <span role="status">
            {found.answer.evaluated === 0
              ? 'Nothing was decided in that time, so there is nothing to try it on.'
              : `It would have blocked ${formatCount(found.answer.blocked)} of ${formatCounted(found.answer.evaluated, 'decision')}.`}
            {!replayIsCurrent.value && <span class="muted"> The pack was changed since.</span>}
          </span>
        )}
      </div>
      {found !== null && found.answer.rows.length > 0 && <Rows rows={found.answer.rows} />}
    </section>
  );
}

/** What was decided under this pack, newest first. */
export function Decisions({ shown }: { readonly shown: PackSnapshot }): VNode {
  return (
    <section class="block" aria-label="Decisions">
      <h2>Decisions under this pack</h2>
      {shown.decisions.length === 0 ? (
        <p class="muted">None yet. Each one that is made stands here, with every rule that it broke.</p>
      ) : (
        <Rows rows={shown.decisions} />
      )}
    </section>
  );
}

/** What the pack said before; decisions name these versions. */
export function Versions({
  shown,
  readOnly,
}: {
  readonly shown: PackSnapshot;
  readonly readOnly: boolean;
}): VNode | null {
  if (shown.versions.length === 0) return null;
  return (
    <section class="block" aria-label="Earlier versions">
      <h2>Earlier versions</h2>
      {shown.versions.map(({ version, savedAt, content }) => (
        <div class="version" key={version}>
          <span class="number">Version {version}</span>
          <span class="muted number" title={`${savedAt.replace('T', ' ').replace('Z', '')} UTC`}>
            {localInstant(savedAt)}
          </span>
          <span class="version-sentence">{packSentence(content)}</span>
          {!readOnly && (
            <Button label={`Bring version ${version} into the form`} onClick={() => takeVersion(content)}>
              Bring back
            </Button>
          )}
        </div>
      ))}
    </section>
  );
}

function Rows({ rows }: { readonly rows: readonly DecisionRow[] }): VNode {
  return (
    <div class="rows" tabIndex={0} role="region" aria-label="Rows, scrollable">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Connection</th>
            <th scope="col" class="right">
              Items
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`${row.at} ${index}`}>
              <td class="number" title={`${row.at.replace('T', ' ').replace('Z', '')} UTC`}>
                {localInstant(row.at)}
              </td>
              <td>
                <span class={row.allowed ? 'outcome' : 'outcome outcome-blocked'}>
                  <Icon name={row.allowed ? 'pass' : 'circle-slash'} />
                  {row.allowed ? 'Allowed' : 'Blocked'}: {row.act}
                </span>
              </td>
              <td>{row.connection}</td>
              <td class="number right">{formatCount(row.items)}</td>
              <td class="why">{row.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
