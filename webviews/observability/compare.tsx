import type { VNode } from 'preact';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import { Button } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { CompareCharts } from './compareCharts.tsx';
import {
  compareFailure,
  comparing,
  courses,
  periods,
  pick,
  picked,
  run,
  stop,
  update,
  type Pick,
} from './compareModel.ts';
import { CustomPeriods } from './comparePeriods.tsx';
import { CompareTable } from './compareTable.tsx';
import { verdictClass, verdictIcon } from './compareVerdict.ts';
import { findings } from './compareWords.ts';
import { rangeText } from './times.ts';

const picks: readonly { readonly value: Pick; readonly text: string }[] = [
  { value: 'hourBefore', text: 'Hour before' },
  { value: 'yesterday', text: 'Yesterday' },
  { value: 'lastWeek', text: 'Last week' },
  { value: 'custom', text: 'Custom' },
];

/** Whether one stretch of time is worse than another, and how sure that is. */
export function Compare({ shown }: { readonly shown: PanelConnection }): VNode {
  const chosen = periods.value;
  const found = update.value;
  const problem = compareFailure.value;
  return (
    <div class="compare">
      <Toolbar label="What is compared">
        <span>Last hour against</span>
        <Segmented
          label="Baseline"
          value={picked.value}
          choices={picks}
          onChange={(next) => pick(picks.find(({ value }) => value === next)?.value ?? 'custom')}
        />
        {chosen !== null && picked.value !== 'custom' && (
          <span class="muted number">
            {rangeText(chosen.baseline.fromMs, chosen.baseline.toMs)} →{' '}
            {rangeText(chosen.compare.fromMs, chosen.compare.toMs)}
          </span>
        )}
        <ToolbarGap />
        {comparing.value ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button onClick={() => void run()}>Compare again</Button>
        )}
      </Toolbar>
      {picked.value === 'custom' && chosen !== null && <CustomPeriods />}
      <Progress />
      {problem !== null && <Notice kind="error">{problem.message}</Notice>}
      {found !== null && (
        <div class="compare-body">
          <ul class="findings" aria-live="polite">
            {found.metrics.flatMap(findings).map(({ verdict, text }) => (
              <li key={text} class={`finding finding-${verdictClass(verdict)}`}>
                <Icon name={verdictIcon[verdict]} />
                <span>{text}</span>
              </li>
            ))}
          </ul>
          {found.done && <Confounders lines={found.confounders} />}
          {found.metrics.length > 0 && <CompareTable metrics={found.metrics} shown={shown} />}
          {courses.value !== null && <CompareCharts {...courses.value} />}
        </div>
      )}
    </div>
  );
}

/** Reserves its place, so that nothing jumps when it comes and goes. */
function Progress(): VNode {
  const value = update.value?.progress ?? 0;
  return (
    <div class="compare-progress" role="progressbar" aria-valuenow={Math.round(value * 100)} aria-label="Comparing">
      {comparing.value && <span style={{ width: `${Math.max(2, value * 100)}%` }} />}
    </div>
  );
}

function Confounders({ lines }: { readonly lines: readonly string[] }): VNode {
  if (lines.length === 0) return <p class="muted">Nothing else is known to differ between the periods.</p>;
  return (
    <section class="confounders">
      <h3>What else differs</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
