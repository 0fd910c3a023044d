import type { VNode } from 'preact';
import { Button } from '../ui/controls.tsx';
import { Toolbar } from '../ui/toolbar.tsx';
import { periods, run } from './compareModel.ts';
import type { Period } from './link.ts';

/** Both periods, to be set by hand. */
export function CustomPeriods(): VNode {
  const chosen = periods.value;
  if (chosen === null) return <></>;
  const set = (side: 'baseline' | 'compare', change: Partial<Period>): void => {
    periods.value = { ...chosen, [side]: { ...chosen[side], ...change } };
  };
  return (
    <Toolbar label="Periods">
      {(['baseline', 'compare'] as const).map((side) => (
        <span key={side} class="period">
          <span class="muted">{side === 'baseline' ? 'Baseline' : 'Compare'}</span>
          <Moment label={`${side}, from`} ms={chosen[side].fromMs} onChange={(fromMs) => set(side, { fromMs })} />
          <span aria-hidden="true">–</span>
          <Moment label={`${side}, to`} ms={chosen[side].toMs} onChange={(toMs) => set(side, { toMs })} />
        </span>
      ))}
      <Button appearance="primary" onClick={() => void run()}>
        Compare
      </Button>
    </Toolbar>
  );
}

interface MomentProps {
  readonly label: string;
  readonly ms: number;
  readonly onChange: (ms: number) => void;
}

function Moment({ label, ms, onChange }: MomentProps): VNode {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return (
    <input
      type="datetime-local"
      step="1"
      aria-label={label}
      title={`${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`}
      value={local}
      onChange={({ currentTarget }) => {
        const next = new Date(currentTarget.value).getTime();
        if (Number.isFinite(next)) onChange(next);
      }}
    />
  );
}
