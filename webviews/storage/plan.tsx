import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { rowWords } from '../../src/domain/retention/dataset.ts';
import { formatBytes, formatCount, formatCounted, formatPercent } from '../../src/domain/format.ts';
import type { PurgePlan } from '../../src/domain/retention/purge.ts';
import type { DatasetReport } from '../../src/domain/retention/report.ts';
import { Button, Spinner, TextField } from '../ui/controls.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { busy, close, open, plan, planning, progress, purge, type Opened } from './model.ts';
import { Time } from './time.tsx';

/** What a purge would do, as a table, before the button that names rows and bytes. */
export function PlanView({ opened, shown }: { readonly opened: Opened; readonly shown: DatasetReport }): VNode {
  const found = plan.value;
  return (
    <div class="detail" role="group" aria-label="Purge">
      <How opened={opened} shown={shown} />
      <div class="detail-body" aria-live="polite">
        {planning.value && <Spinner label="Counting what would go…" />}
        {found !== null && <PlanTable found={found} shown={shown} />}
      </div>
      <Acts found={found} />
    </div>
  );
}

function How({ opened, shown }: { readonly opened: Opened; readonly shown: DatasetReport }): VNode {
  const { olderThanDays } = opened;
  const [typed, setTyped] = useState(String(olderThanDays ?? 7));
  const days = /^\d+$/.test(typed) ? Number(typed) : 0;
  const isUsable = days >= 1 && days <= 3650;
  const show = (next: number | null): void => open({ ...opened, olderThanDays: next });
  return (
    <div class="detail-how">
      <Segmented
        label="What goes"
        value={olderThanDays === null ? 'policy' : 'days'}
        choices={[
          { value: 'policy', text: `Older than ${formatCounted(shown.retentionDays, 'day')}, or over budget` },
          { value: 'days', text: 'Older than …' },
        ]}
        onChange={(value) => show(value === 'policy' ? null : isUsable ? days : 7)}
      />
      {olderThanDays !== null && (
        <span class="detail-days">
          <TextField
            label="Days"
            value={typed}
            onInput={(text) => {
              setTyped(text);
              const next = /^\d+$/.test(text) ? Number(text) : 0;
              if (next >= 1 && next <= 3650) show(next);
            }}
          />
          <span>days</span>
          {!isUsable && <span class="field-problem">A whole number from 1 to 3,650.</span>}
        </span>
      )}
    </div>
  );
}

function PlanTable({ found, shown }: { readonly found: PurgePlan; readonly shown: DatasetReport }): VNode {
  const { rows, bytes, pinned, stillOverBy, cutoff } = found;
  return (
    <table class="rows plan-table">
      <tbody>
        <tr>
          <th scope="row">Goes</th>
          <td class="end number">{formatCounted(rows, rowWords[found.dataset])}</td>
          <td class="muted">
            {shown.rows === 0 || rows === 0 ? '' : `${formatPercent(rows / shown.rows)} of all, `}
            {cutoff === '' ? (
              'nothing is too old or over the budget'
            ) : (
              <>
                before <Time at={cutoff} />
              </>
            )}
          </td>
        </tr>
        <tr>
          <th scope="row">Frees</th>
          <td class="end number">{formatBytes(bytes)}</td>
          <td class="muted">on disk, once the two hours for undo are over</td>
        </tr>
        <tr>
          <th scope="row">Stays</th>
          <td class="end number">{formatCounted(shown.rows - rows, rowWords[found.dataset])}</td>
          <td class="muted">{formatBytes(Math.max(0, shown.bytes - bytes))}</td>
        </tr>
        {pinned.map(({ label, rows: held }) => (
          <tr key={label}>
            <th scope="row">Pinned</th>
            <td class="end number">{formatCount(held)}</td>
            <td>{label}</td>
          </tr>
        ))}
        {stillOverBy > 0 && (
          <tr class="bad">
            <th scope="row">Still over</th>
            <td class="end number">{formatBytes(stillOverBy)}</td>
            <td>of the budget, because of what is pinned</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function Acts({ found }: { readonly found: PurgePlan | null }): VNode {
  const going = progress.value;
  if (going !== null) return <Going {...going} />;
  return (
    <div class="detail-acts">
      <Button
        appearance="primary"
        disabled={found === null || found.rows === 0 || busy.value}
        onClick={() => found !== null && void purge(found)}
      >
        {found === null || found.rows === 0
          ? 'Delete nothing'
          : `Delete ${formatCounted(found.rows, rowWords[found.dataset])} (${formatBytes(found.bytes)})`}
      </Button>
      <Button onClick={close}>Cancel</Button>
      {found !== null && found.rows > 0 && <span class="muted">Can be undone for two hours.</span>}
    </div>
  );
}

function Going({ rows, planned }: { readonly rows: number; readonly planned: number }): VNode {
  const share = planned === 0 ? 0 : Math.min(1, rows / planned);
  return (
    <div class="detail-acts">
      <div
        class="usage going"
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={planned}
        aria-valuenow={rows}
        aria-label="Rows deleted"
      >
        <svg width="100%" height="10" preserveAspectRatio="none" viewBox="0 0 1000 10" aria-hidden="true">
          <rect class="usage-used" x="0" y="0" height="10" width={share * 1000} />
        </svg>
      </div>
      <span class="number">
        {formatCount(rows)} of {formatCount(planned)}
      </span>
    </div>
  );
}
