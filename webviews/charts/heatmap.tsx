import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount } from '../../src/domain/format.ts';
import { toMinute } from '../ui/localTime.ts';
import { ChartHead } from './chartHead.tsx';

export interface HeatCell {
  readonly row: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** 0..1 */
  readonly value: number;
  /** What the value is a share of. */
  readonly count: number;
}

interface HeatmapProps {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly { readonly id: string; readonly name: string }[];
  readonly cells: readonly HeatCell[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly format: (value: number) => string;
  readonly empty: string;
  readonly onOpen: (cell: HeatCell) => void;
}

/**
 * Shares by row and time. A cell that is absent had nothing to count: it stays empty, which is not zero. Cells with a
 * value above zero can be reached by Tab and opened; the higher the share, the higher the bar in the cell, so that
 * colour is not all that tells.
 */
export function Heatmap(props: HeatmapProps): VNode {
  const [asTable, setAsTable] = useState(false);
  const { title, unit, cells } = props;
  const byTime = [...cells].sort((a, b) => b.fromMs - a.fromMs);
  return (
    <figure class="chart heatmap" aria-label={title}>
      <ChartHead title={title} unit={unit} asTable={asTable} onSwitch={setAsTable} />
      {cells.length === 0 ? (
        <p class="muted">{props.empty}</p>
      ) : asTable ? (
        <CellTable {...props} cells={byTime} />
      ) : (
        <Grid {...props} />
      )}
    </figure>
  );
}

function describe({ format }: HeatmapProps, cell: HeatCell): string {
  const utc = new Date(cell.fromMs).toISOString().slice(0, 16).replace('T', ' ');
  return `${toMinute(cell.fromMs)}–${toMinute(cell.toMs)} (${utc} UTC): ${format(cell.value)} of ${formatCount(cell.count)}`;
}

function Grid(props: HeatmapProps): VNode {
  const { rows, cells, fromMs, toMs, stepMs, onOpen } = props;
  const first = Math.floor(fromMs / stepMs) * stepMs;
  const columns = Math.max(1, Math.ceil((toMs - first) / stepMs));
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return (
    <div class="heat-grid">
      {rows.map(({ id, name }) => (
        <div key={id} class="heat-row">
          <div class="heat-name cell" title={name}>
            {name}
          </div>
          <div class="heat-cells" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
            {cells
              .filter((cell) => cell.row === id)
              .map((cell) => {
                const text = describe(props, cell);
                const column = Math.round((cell.fromMs - first) / stepMs) + 1;
                const height = cell.value === 0 ? 0 : Math.max(25, Math.min(100, cell.value * 400));
                return (
                  <button
                    key={cell.fromMs}
                    type="button"
                    class="heat-cell"
                    style={{ gridColumn: column }}
                    tabIndex={cell.value > 0 ? 0 : -1}
                    title={text}
                    aria-label={`${name}, ${text}`}
                    onClick={() => onOpen(cell)}
                  >
                    {height > 0 && <span style={{ height: `${height}%` }} />}
                  </button>
                );
              })}
          </div>
        </div>
      ))}
      <div class="heat-row" aria-hidden="true">
        <div class="heat-name" />
        <div class="heat-ticks muted number">
          {ticks.map((share) => (
            <span key={share}>{toMinute(fromMs + (toMs - fromMs) * share)}</span>
          ))}
        </div>
      </div>
    </div>
  );
}

const TABLE_ROWS = 500;

function CellTable({ rows, cells, format, title, onOpen }: HeatmapProps): VNode {
  const nameOf = new Map(rows.map(({ id, name }) => [id, name]));
  return (
    <div class="chart-table" tabIndex={0}>
      <table aria-label={title}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Connection</th>
            <th scope="col" class="cell-end">
              Failed
            </th>
            <th scope="col" class="cell-end">
              Operations
            </th>
          </tr>
        </thead>
        <tbody>
          {cells.slice(0, TABLE_ROWS).map((cell) => (
            <tr key={`${cell.row} ${cell.fromMs}`}>
              <th scope="row" title={new Date(cell.fromMs).toISOString()}>
                <button type="button" class="text-button" onClick={() => onOpen(cell)}>
                  {toMinute(cell.fromMs)}
                </button>
              </th>
              <td>{nameOf.get(cell.row) ?? cell.row}</td>
              <td class="cell-end">{format(cell.value)}</td>
              <td class="cell-end">{formatCount(cell.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
