import { useSignal, type Signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { drawn, windowsOfSet } from '../../src/domain/governance/draw.ts';
import { weekdays } from '../../src/domain/governance/week.ts';
import { weekdayNames } from '../../src/domain/governance/words.ts';
import { offsetWords } from './localTime.ts';
import { draft, drawnSet, edit, now } from './model.ts';
import {
  actOfKey,
  cellAtShare,
  covers,
  moved,
  rangeWords,
  stretchesOf,
  type Cell,
  type Selection,
} from './selection.ts';
import { Cursor, height, Lines, NowLine, OpenStretches, Ruler, SelectionBox, width } from './weekDrawing.tsx';

/** What somebody is doing on the grid. */
interface Hand {
  readonly cursor: Signal<Cell>;
  /** Where a selection began; null = there is none. */
  readonly anchor: Signal<Cell | null>;
  readonly dragging: Signal<boolean>;
  /** For screen readers. */
  readonly said: Signal<string>;
}

/** The week in UTC, a row per day: windows are drawn over cells of half an hour, by mouse and by keyboard. */
export function WeekGrid({ readOnly }: { readonly readOnly: boolean }): VNode {
  const hand: Hand = {
    cursor: useSignal<Cell>({ day: 0, column: 16 }),
    anchor: useSignal<Cell | null>(null),
    dragging: useSignal(false),
    said: useSignal(''),
  };
  const { cursor, anchor, said } = hand;
  const selection = anchor.value === null ? null : { from: anchor.value, to: cursor.value };
  return (
    <div class="week">
      <Ruler />
      <div class="week-days" aria-hidden="true">
        {weekdays.map((day) => (
          <span key={day}>{weekdayNames[day]}</span>
        ))}
      </div>
      <div
        class="week-grid"
        role="application"
        tabIndex={0}
        aria-label="Weekly windows in UTC. Arrow keys move, Shift extends, Space opens or closes, Delete closes."
        aria-describedby="week-said"
        onKeyDown={(event) => onKey(event, hand, readOnly)}
      >
        <Drawing hand={hand} selection={selection} readOnly={readOnly} />
      </div>
      <p id="week-said" class="visually-hidden" role="status">
        {said.value}
      </p>
      <p class="week-hint muted">
        {selection === null ? <Hint readOnly={readOnly} /> : rangeWords(selection, now.value)}
      </p>
    </div>
  );
}

function Hint({ readOnly }: { readonly readOnly: boolean }): VNode {
  return (
    <>
      {readOnly ? 'Shown as it stands in settings.' : 'Drag over the hours, or use arrow keys with Shift and Space.'}{' '}
      Local time is {offsetWords(now.value)} today; it moves with daylight saving time, the windows do not.
    </>
  );
}

interface DrawingProps {
  readonly hand: Hand;
  readonly selection: Selection | null;
  readonly readOnly: boolean;
}

function Drawing({ hand, selection, readOnly }: DrawingProps): VNode {
  const { cursor, anchor, dragging } = hand;
  const svg = useRef<SVGSVGElement>(null);
  const set = drawnSet.value;
  function cellAt(event: PointerEvent): Cell {
    const box = svg.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return cursor.value;
    return cellAtShare((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }
  function begin(event: PointerEvent): void {
    if (readOnly || event.button !== 0) return;
    svg.current?.setPointerCapture(event.pointerId);
    cursor.value = cellAt(event);
    anchor.value = cursor.value;
    dragging.value = true;
  }
  function end(event: PointerEvent): void {
    if (!dragging.value) return;
    dragging.value = false;
    cursor.value = cellAt(event);
    toggle(hand);
  }
  // Sizes come as attributes: the page allows no inline styles.
  return (
    <svg
      ref={svg}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      width="100%"
      height={height}
      onPointerDown={begin}
      onPointerMove={(event) => {
        if (dragging.value) cursor.value = cellAt(event);
      }}
      onPointerUp={end}
      onPointerCancel={() => {
        dragging.value = false;
        anchor.value = null;
      }}
    >
      <title>{readOnly ? 'Windows of this pack' : 'Drag to open or close'}</title>
      <Lines />
      <OpenStretches set={set} />
      {selection !== null && <SelectionBox selection={selection} add={!covers(set, selection.from)} />}
      <NowLine />
      <Cursor at={cursor.value} />
    </svg>
  );
}

function onKey(event: KeyboardEvent, hand: Hand, readOnly: boolean): void {
  const { cursor, anchor, said } = hand;
  const act = actOfKey(event.key, event.ctrlKey || event.metaKey);
  if (act === null || (act.do === 'forget' && anchor.value === null)) return;
  event.preventDefault();
  if (act.do === 'move') {
    anchor.value = event.shiftKey ? (anchor.value ?? cursor.value) : null;
    cursor.value = moved(cursor.value, act);
    const shown = { from: anchor.value ?? cursor.value, to: cursor.value };
    said.value = `${rangeWords(shown, now.value)}, ${covers(drawnSet.value, cursor.value) ? 'open' : 'closed'}`;
  } else if (act.do === 'forget') anchor.value = null;
  else if (readOnly) return;
  else if (act.do === 'toggle') toggle(hand);
  else draw(hand, false);
}

/** What was closed where the selection began is opened, and the other way round. */
function toggle(hand: Hand): void {
  draw(hand, !covers(drawnSet.value, hand.anchor.value ?? hand.cursor.value));
}

function draw({ cursor, anchor, said }: Hand, add: boolean): void {
  const selection = { from: anchor.value ?? cursor.value, to: cursor.value };
  anchor.value = null;
  const set = drawn(drawnSet.value, stretchesOf(selection), add);
  const windows = windowsOfSet(set, draft.value?.executionWindows ?? []);
  edit({ executionWindows: windows, ...(windows.length > 0 && add ? { schedulingEnabled: true } : {}) });
  said.value = `${rangeWords(selection, now.value)}: ${add ? 'open' : 'closed'}`;
}
