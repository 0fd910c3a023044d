import type { VNode } from 'preact';
import { Icon } from '../ui/icon.tsx';

interface ChartHeadProps {
  readonly title: string;
  /** Stands beside the title: `per second`, `ms`. */
  readonly unit: string;
  readonly asTable: boolean;
  readonly onSwitch: (asTable: boolean) => void;
}

/** Title and unit of a chart, and the switch to its table. */
export function ChartHead({ title, unit, asTable, onSwitch }: ChartHeadProps): VNode {
  const other = asTable ? 'chart' : 'table';
  return (
    <figcaption class="chart-head">
      <h2 class="chart-title">{title}</h2>
      <span class="chart-unit">{unit}</span>
      <button
        type="button"
        class="icon-button"
        aria-pressed={asTable}
        title={`Show as ${other}`}
        onClick={() => onSwitch(!asTable)}
      >
        <Icon name={asTable ? 'graph-line' : 'table'} />
        <span class="visually-hidden">
          {title}: show as {other}
        </span>
      </button>
    </figcaption>
  );
}
