import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** A track of CSS grid: `88px`, `minmax(120px, 2fr)`. */
  readonly width: string;
  readonly align?: 'end';
  /** Left out when the table is narrower than 700 px. */
  readonly wideOnly?: boolean;
  /** Only then is it there. */
  readonly narrowOnly?: boolean;
  cell(row: Row): ComponentChildren;
  /** Plain text on hover. */
  hover?(row: Row): string;
}

interface VirtualTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Rows in all, more than `rows` when the rest is not loaded yet. */
  readonly total: number;
  rowId(row: Row): string;
  readonly selected: string | null;
  readonly onSelect: (row: Row) => void;
  readonly onOpen: (row: Row) => void;
  /** The end of `rows` comes into view and there is more. */
  readonly onNearEnd?: () => void;
  readonly onScrolled?: (topPx: number) => void;
}

const ROW_PX = 22;
/** Rows rendered above and below what is visible. */
const MARGIN = 12;

/**
 * A table that renders only what is visible: sticky header, arrow keys, Page Up and Down, Home and End, Enter opens.
 * Rows are 22 px high. Selection follows the row's id, not its place.
 */
export function VirtualTable<Row>(props: VirtualTableProps<Row>): VNode {
  const { columns, rows, total, selected } = props;
  const body = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const [size, setSize] = useState({ height: 400, width: 1000 });

  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize({ height: element.clientHeight, width: element.clientWidth }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(scrolled / ROW_PX) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((scrolled + size.height) / ROW_PX) + MARGIN);
  const nearEnd = rows.length < total && last >= rows.length - MARGIN;
  useEffect(() => {
    if (nearEnd) props.onNearEnd?.();
  }, [nearEnd, rows.length]);

  const selectedAt = selected === null ? -1 : rows.findIndex((row) => props.rowId(row) === selected);

  function reveal(at: number): void {
    const element = body.current;
    if (element === null) return;
    const top = at * ROW_PX;
    // The header is sticky inside the scroller, so it hides one row's height at the top.
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + 2 * ROW_PX - element.clientHeight;
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(size.height / ROW_PX) - 2);
    const steps: Record<string, number> = {
      ArrowDown: selectedAt + 1,
      ArrowUp: selectedAt - 1,
      PageDown: selectedAt + page,
      PageUp: selectedAt - page,
      Home: 0,
      End: rows.length - 1,
    };
    const row = rows[selectedAt];
    if (event.key === 'Enter' && row !== undefined) {
      event.preventDefault();
      return props.onOpen(row);
    }
    const to = steps[event.key];
    if (to === undefined || rows.length === 0) return;
    event.preventDefault();
    const at = Math.min(Math.max(to, 0), rows.length - 1);
    const next = rows[at];
    if (next !== undefined) props.onSelect(next);
    reveal(at);
  }

  const isWide = size.width >= 700;
  const shown = columns.filter(({ wideOnly, narrowOnly }) => (isWide ? narrowOnly : wideOnly) !== true);
  const tracks = { gridTemplateColumns: shown.map((column) => column.width).join(' ') };
  return (
    <div
      class="table"
      role="grid"
      aria-label={props.label}
      aria-rowcount={total + 1}
      aria-activedescendant={selectedAt >= first && selectedAt < last ? `row-${selectedAt}` : undefined}
      tabIndex={0}
      ref={body}
      onKeyDown={onKeyDown}
      onScroll={(event) => {
        setScrolled(event.currentTarget.scrollTop);
        props.onScrolled?.(event.currentTarget.scrollTop);
      }}
    >
      <div class="table-row table-head" role="row" aria-rowindex={1} style={tracks}>
        {shown.map((column) => (
          <div key={column.id} role="columnheader" class={column.align === 'end' ? 'cell cell-end' : 'cell'}>
            {column.title}
          </div>
        ))}
      </div>
      <div class="table-space" role="rowgroup" style={{ height: `${rows.length * ROW_PX}px` }}>
        <div class="table-window" role="presentation" style={{ transform: `translateY(${first * ROW_PX}px)` }}>
          {rows.slice(first, last).map((row, offset) => {
            const at = first + offset;
            return (
              <div
                key={props.rowId(row)}
                id={`row-${at}`}
                role="row"
                aria-rowindex={at + 2}
                aria-selected={at === selectedAt}
                class="table-row"
                style={tracks}
                onClick={() => props.onSelect(row)}
                onDblClick={() => props.onOpen(row)}
              >
                {shown.map((column) => (
                  <div
                    key={column.id}
                    role="gridcell"
                    class={column.align === 'end' ? 'cell cell-end' : 'cell'}
                    title={column.hover?.(row)}
                  >
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
