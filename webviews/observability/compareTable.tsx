import type { VNode } from 'preact';
import { formatCount } from '../../src/domain/format.ts';
import type { FamilyComparison, MetricComparison } from '../../src/domain/observability/compare.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import { Icon } from '../ui/icon.tsx';
import { periods } from './compareModel.ts';
import { verdictClass, verdictIcon } from './compareVerdict.ts';
import { metricNames, percentText, valueText } from './compareWords.ts';
import { showEvents } from './model.ts';

interface CompareTableProps {
  readonly metrics: readonly MetricComparison[];
  readonly shown: PanelConnection;
}

/** The figures behind the sentences: each metric, and the commands that matter most to it. */
export function CompareTable({ metrics, shown }: CompareTableProps): VNode {
  return (
    <div class="compare-table">
      <table aria-label={`Figures of ${shown.name} in both periods`}>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="cell-end">
              Baseline
            </th>
            <th scope="col" class="cell-end">
              Compare
            </th>
            <th scope="col" class="cell-end">
              Change
            </th>
            <th scope="col">Verdict</th>
            <th scope="col" class="cell-end">
              Would be seen
            </th>
            <th scope="col" class="cell-end">
              n
            </th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric) => (
            <>
              <Row key={metric.metric} name={metricNames[metric.metric]} metric={metric.metric} facts={metric} total />
              {metric.families.slice(0, 6).map((family) => (
                <Row key={family.family} name={family.family} metric={metric.metric} facts={family} total={false} />
              ))}
            </>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly name: string;
  readonly metric: MetricComparison['metric'];
  readonly facts: MetricComparison | FamilyComparison;
  readonly total: boolean;
}

function Row({ name, metric, facts, total }: RowProps): VNode {
  const chosen = periods.value;
  const action = name.split(' ')[0] ?? name;
  return (
    <tr class={total ? 'compare-total' : 'compare-family'}>
      <th scope="row">
        {total || chosen === null ? (
          name
        ) : (
          <button
            type="button"
            class="text-button"
            title="Show these operations of the compared period"
            onClick={() => showEvents({ actions: [action] }, chosen.compare.fromMs, chosen.compare.toMs)}
          >
            {name}
          </button>
        )}
      </th>
      <td class="cell-end number">{valueText(metric, facts.baseline)}</td>
      <td class="cell-end number">{valueText(metric, facts.compare)}</td>
      <td class="cell-end number">{percentText(facts.deltaPercent)}</td>
      <td class="compare-verdict">
        <span class={`verdict finding-${verdictClass(facts.verdict)}`}>
          <Icon name={verdictIcon[facts.verdict]} /> {facts.verdict}
        </span>
        {total && <span class="muted">{whereWords(facts)}</span>}
      </td>
      <td class="cell-end number muted">{valueText(metric, facts.detectable)}</td>
      <td class="cell-end number muted">
        {formatCount(facts.samples.baseline)} / {formatCount(facts.samples.compare)}
      </td>
    </tr>
  );
}

/** The verdict of the whole is that of its commands; which, since the total's own figures may say otherwise. */
function whereWords(facts: MetricComparison | FamilyComparison): string {
  if (!('families' in facts) || facts.metric === 'operationCount') return '';
  const [first, ...others] = facts.families.filter(({ verdict }) => verdict === facts.verdict);
  if (first === undefined || (facts.verdict !== 'regressed' && facts.verdict !== 'improved')) return '';
  return ` in ${first.family}${others.length === 0 ? '' : ` and ${formatCount(others.length)} more`}`;
}
