import type { VNode } from 'preact';
import { formatCount, formatCounted, formatDuration, formatPercent } from '../../src/domain/format.ts';
import type { Count } from '../../src/domain/workflows/definition.ts';
import type { RunSnapshot } from '../../src/protocol/workflowRun.ts';
import { Button } from '../ui/controls.tsx';
import { Notice } from '../ui/notice.tsx';
import { VirtualTable, type Column } from '../ui/virtualTable.tsx';
import { act, items, moreItems, type ItemRow } from './model.ts';

const columns: readonly Column<ItemRow>[] = [
  { id: 'index', title: '#', width: '72px', align: 'end', cell: (row) => formatCount(row.index + 1) },
  { id: 'name', title: 'Key', width: 'minmax(160px, 1fr)', cell: (row) => row.name, hover: (row) => row.name },
  { id: 'type', title: 'Type', width: '96px', cell: (row) => row.type },
];

/** What will happen: one sentence, what rules say, the breakdown, and the exact items. */
export function PlanView({ shown }: { readonly shown: RunSnapshot }): VNode {
  const { plan, run, guarantee } = shown;
  if (plan === null) return <Notice kind="warning">{shown.planProblem ?? 'The plan is not here any more.'}</Notice>;
  return (
    <div class="plan">
      <div class="plan-facts">
        <p>
          <strong>{sentence(shown)}</strong> Planned in {formatDuration(plan.plannedInMs)}; nothing was changed. Only
          these keys are touched; what is created later is not.
        </p>
        <p class="muted">{guarantee}</p>
        {plan.truncatedByPolicy > 0 && (
          <Notice kind="warning">
            The policy’s cap leaves out {formatCounted(plan.truncatedByPolicy, 'matching key')}.
          </Notice>
        )}
        {plan.decision.violations.map(({ packId, rule, packName, message }) => (
          <Notice
            kind="warning"
            key={`${packId} ${rule}`}
            action={<Button onClick={() => void act('why')}>Why?</Button>}
          >
            {packName}: {message}
          </Notice>
        ))}
        {run.state === 'planned' && <p class={plan.decision.allowed ? 'muted' : ''}>{shown.ruling}</p>}
        {run.state === 'planned' &&
          plan.confirmReasons.map((reason) => (
            <Notice kind="info" key={reason}>
              {reason} Starting asks for the connection’s name.
            </Notice>
          ))}
        <div class="plan-counts">
          <Counts title="By folder" counts={plan.byFolder} others={plan.folderOthers} total={plan.count} />
          <Counts
            title={plan.typesExact ? 'By type' : 'By type, estimated from a sample'}
            counts={plan.byType}
            others={0}
            total={plan.count}
          />
          {plan.leftOut.length > 0 && <Counts title="Left out" counts={plan.leftOut} others={0} total={null} />}
        </div>
        <p class="muted plan-hash" title={plan.hash}>
          Item list {plan.hash.slice(0, 12)}…
        </p>
      </div>
      <div class="plan-items">
        <VirtualTable
          label="Items of the plan"
          columns={columns}
          rows={items.value}
          total={plan.count}
          rowId={(row) => String(row.index)}
          selected={null}
          onSelect={() => undefined}
          onOpen={() => undefined}
          onNearEnd={() => void moreItems()}
        />
      </div>
    </div>
  );
}

function sentence({ verb, plan, run, connection }: RunSnapshot): string {
  const count = formatCounted(plan?.count ?? 0, 'key');
  const folders = plan?.byFolder.length ?? 0;
  const where = folders > 1 ? ` in ${formatCount(folders)} folders` : '';
  return run.state === 'planned'
    ? `Will ${verb.toLowerCase()} ${count}${where} on ${connection.name}.`
    : `The plan: ${verb.toLowerCase()} ${count}${where}.`;
}

function Counts({
  title,
  counts,
  others,
  total,
}: {
  readonly title: string;
  readonly counts: readonly Count[];
  readonly others: number;
  readonly total: number | null;
}): VNode {
  const listed = counts.slice(0, 8);
  const rest = counts.slice(8).reduce((sum, { count }) => sum + count, others);
  const rows = rest > 0 ? [...listed, { name: 'others', count: rest }] : listed;
  return (
    <table class="counts">
      <caption>{title}</caption>
      <tbody>
        {rows.map(({ name, count }) => (
          <tr key={name}>
            <td class="counts-name" title={name}>
              {name}
            </td>
            <td class="number">{formatCount(count)}</td>
            <td class="number muted">{total === null || total === 0 ? '' : formatPercent(count / total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
