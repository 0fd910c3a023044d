import type { VNode } from 'preact';
import { formatCount, formatCounted } from '../../src/domain/format.ts';
import type { FailureGroup } from '../../src/domain/observability/failures.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import { Spinner } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { Notice } from '../ui/notice.tsx';
import { VirtualTable, type Column } from '../ui/virtualTable.tsx';
import { hostNowMs } from '../ui/hostClock.ts';
import { FailureDetails } from './failureDetails.tsx';
import { chooseGroup, chosenGroup, explained, groupName, grouped, groupsFailure } from './failuresModel.ts';
import { timeOrDay, utcText } from './times.ts';

const columns: readonly Column<FailureGroup>[] = [
  { id: 'count', title: 'Count', width: '40px', align: 'end', cell: ({ count }) => formatCount(count) },
  { id: 'code', title: 'Error code', width: 'minmax(72px, 2fr)', cell: ({ errorCode }) => errorCode ?? '–' },
  { id: 'action', title: 'Action', width: 'minmax(72px, 2fr)', cell: ({ action }) => action },
  {
    id: 'pattern',
    title: 'Keys',
    width: 'minmax(56px, 3fr)',
    cell: ({ pattern }) => pattern,
    hover: ({ pattern }) => pattern,
  },
  {
    id: 'last',
    title: 'Last seen',
    width: '72px',
    align: 'end',
    cell: ({ lastAt }) => <span class="number">{timeOrDay(lastAt, hostNowMs())}</span>,
    hover: ({ lastAt }) => utcText(lastAt),
  },
];

/** What failed, by kind; each failure with its attempts, what happened around it, and the server at that time. */
export function Failures({ shown }: { readonly shown: PanelConnection }): VNode {
  const all = grouped.value;
  const problem = groupsFailure.value;
  return (
    <div class="failures">
      {problem !== null && <Notice kind="error">{problem.message}</Notice>}
      {all === null ? (
        <div class="page-waiting">{problem === null && <Spinner label="Reading failures…" />}</div>
      ) : all.groups.length === 0 && explained.value === null ? (
        <EmptyState icon="pass" title="Nothing failed in this time range">
          When an operation on {shown.name} fails, it is listed here with its attempts and with what else happened at
          that time. What a policy or read-only refused stands in the timeline as blocked.
        </EmptyState>
      ) : (
        <div class="failures-body">
          <div class="failures-list">
            <p class="muted caveat">
              {formatCounted(all.total, 'failure')} of {formatCounted(all.groups.length, 'kind')}
            </p>
            <VirtualTable
              label={`Failures by kind, ${all.groups.length}`}
              columns={columns}
              rows={all.groups}
              total={all.groups.length}
              rowId={groupName}
              selected={chosenGroup.value}
              onSelect={chooseGroup}
              onOpen={chooseGroup}
            />
          </div>
          <FailureDetails />
        </div>
      )}
    </div>
  );
}
