import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { drawn, windowsOfSet } from '../../src/domain/governance/draw.ts';
import {
  minuteOfWeek,
  minutesPerDay,
  timeOfMinute,
  weekdays,
  type Stretch,
  type WeekSet,
} from '../../src/domain/governance/week.ts';
import { weekdayNames } from '../../src/domain/governance/words.ts';
import { draft, drawnSet, edit, now } from './model.ts';
import { localTimeOf, offsetWords } from './localTime.ts';

const cellMinutes = 30;
const columns = minutesPerDay / cellMinutes;
/** Units of the drawing; it is stretched to the room that there is. */
const cellWidth = 20;
const rowHeight = 28;
const width = columns * cellWidth;
const height = weekdays.length * rowHeight;

interface Cell {
  readonly day: number;
  readonly column: number;
}

interface Selection {
  readonly from: Cell;
  readonly to: Cell;
}

/** The week in UTC, a row per day: windows are drawn over cells of half an hour, by mouse and by keyboard. */
export function WeekGrid({ readOnly }: { readonly readOnly: boolean }): VNode {
  const cursor = useSignal<Cell>({ day: 0, column: 16 });
  const anchor = useSignal<Cell | null>(null);
  const dragging = useSignal(false);
  const said = useSignal('');
  const svg = useRef<SVGSVGElement>(null);
  const set = drawnSet.value;
  const selection: Selection | null = anchor.value === null ? null : { from: anchor.value, to: cursor.value };

  function cellAt(event: PointerEvent): Cell {
    const box = svg.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return cursor.value;
    const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, Math.floor(value)));
    return {
      day: clamp(((event.clientY - box.top) / box.height) * 7, 6),
      column: clamp(((event.clientX - box.left) / box.width) * columns, columns - 1),
    };
  }

  function draw(from: Cell, to: Cell, add: boolean): void {
    const next = drawn(set, stretchesOf({ from, to }), add);
    const windows = windowsOfSet(next, draft.value?.executionWindows ?? []);
    edit({ executionWindows: windows, ...(windows.length > 0 && add ? { schedulingEnabled: true } : {}) });
    said.value = `${rangeWords({ from, to })}: ${add ? 'open' : 'closed'}`;
  }

  function onPointerDown(event: PointerEvent): void {
    if (readOnly || event.button !== 0) return;
    svg.current?.setPointerCapture(event.pointerId);
    cursor.value = cellAt(event);
    anchor.value = cursor.value;
    dragging.value = true;
  }

  function onPointerMove(event: PointerEvent): void {
    if (dragging.value) cursor.value = cellAt(event);
  }

  function onPointerUp(event: PointerEvent): void {
    if (!dragging.value) return;
    dragging.value = false;
    cursor.value = cellAt(event);
    const from = anchor.value ?? cursor.value;
    // What was closed where the drag began is opened, and the other way round.
    draw(from, cursor.value, !covers(set, from));
    anchor.value = null;
  }

  function move(days: number, steps: number, extend: boolean): void {
    if (extend) anchor.value ??= cursor.value;
    else anchor.value = null;
    const { day, column } = cursor.value;
    cursor.value = {
      day: Math.max(0, Math.min(6, day + days)),
      column: Math.max(0, Math.min(columns - 1, column + steps)),
    };
    const shown =
      anchor.value === null ? { from: cursor.value, to: cursor.value } : { from: anchor.value, to: cursor.value };
    said.value = `${rangeWords(shown)}, ${covers(set, cursor.value) ? 'open' : 'closed'}`;
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = event.ctrlKey || event.metaKey ? 2 : 1;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [0, -step],
      ArrowRight: [0, step],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      Home: [0, -columns],
      End: [0, columns],
      PageUp: [-7, 0],
      PageDown: [7, 0],
    };
    const by = moves[event.key];
    if (by !== undefined) move(by[0], by[1], event.shiftKey);
    else if (event.key === 'Escape' && anchor.value !== null) anchor.value = null;
    else if (!readOnly && (event.key === ' ' || event.key === 'Enter')) {
      const from = anchor.value ?? cursor.value;
      draw(from, cursor.value, !covers(set, from));
      anchor.value = null;
    } else if (!readOnly && (event.key === 'Delete' || event.key === 'Backspace')) {
      draw(anchor.value ?? cursor.value, cursor.value, false);
      anchor.value = null;
    } else return;
    event.preventDefault();
  }

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
        onKeyDown={onKeyDown}
      >
        {/* Sizes come as attributes: the page allows no inline styles. */}
        <svg
          ref={svg}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          width="100%"
          height={height}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
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
          <rect
            class="week-cursor"
            x={cursor.value.column * cellWidth + 1}
            y={cursor.value.day * rowHeight + 1}
            width={cellWidth - 2}
            height={rowHeight - 2}
          />
        </svg>
      </div>
      <p id="week-said" class="visually-hidden" role="status">
        {said.value}
      </p>
      <p class="week-hint muted">
        {selection === null ? (
          <>
            {readOnly
              ? 'Shown as it stands in settings.'
              : 'Drag over the hours, or use arrow keys with Shift and Space.'}{' '}
            Local time is {offsetWords(now.value)} today; it moves with daylight saving time, the windows do not.
          </>
        ) : (
          rangeWords(selection)
        )}
      </p>
    </div>
  );
}

/** Hours in UTC, and what they are here today. */
function Ruler(): VNode {
  const hours = Array.from({ length: 8 }, (_, index) => index * 3);
  return (
    <div class="week-ruler number" aria-hidden="true">
      <span class="week-ruler-name">UTC</span>
      <span class="week-ruler-hours">
        {hours.map((hour) => (
          <span key={hour}>{timeOfMinute(hour * 60)}</span>
        ))}
      </span>
      <span class="week-ruler-name muted">here</span>
      <span class="week-ruler-hours muted">
        {hours.map((hour) => (
          <span key={hour}>{localTimeOf(hour * 60, now.value)}</span>
        ))}
      </span>
    </div>
  );
}

function Lines(): VNode {
  return (
    <g class="week-lines">
      {Array.from({ length: 25 }, (_, hour) => (
        <line
          key={hour}
          class={hour % 6 === 0 ? 'week-line-strong' : ''}
          x1={hour * 2 * cellWidth}
          x2={hour * 2 * cellWidth}
          y1={0}
          y2={height}
        />
      ))}
      {weekdays.map((day, index) => (
        <line key={day} x1={0} x2={width} y1={index * rowHeight} y2={index * rowHeight} />
      ))}
    </g>
  );
}

function OpenStretches({ set }: { readonly set: WeekSet }): VNode {
  const pieces = set.flatMap(([from, to]) => {
    const parts: { day: number; start: number; end: number }[] = [];
    for (let at = from; at < to;) {
      const day = Math.floor(at / minutesPerDay);
      const end = Math.min(to, (day + 1) * minutesPerDay);
      parts.push({ day, start: at - day * minutesPerDay, end: end - day * minutesPerDay });
      at = end;
    }
    return parts;
  });
  const x = (minute: number): number => (minute / minutesPerDay) * width;
  return (
    <g>
      {pieces.map(({ day, start, end }) => (
        <rect
          key={`${day} ${start}`}
          class="week-open"
          x={x(start)}
          y={day * rowHeight + 3}
          width={x(end - start)}
          height={rowHeight - 6}
        >
          <title>
            {`${weekdayNames[weekdays[day] ?? 'mon']} ${timeOfMinute(start)} to ${timeOfMinute(end)} UTC, ${localTimeOf(start, now.value)} to ${localTimeOf(end, now.value)} here`}
          </title>
        </rect>
      ))}
    </g>
  );
}

function SelectionBox({ selection, add }: { readonly selection: Selection; readonly add: boolean }): VNode {
  const { left, right, top, bottom } = boxOf(selection);
  return (
    <rect
      class={add ? 'week-adding' : 'week-removing'}
      x={left * cellWidth}
      y={top * rowHeight + 1}
      width={(right - left + 1) * cellWidth}
      height={(bottom - top + 1) * rowHeight - 2}
    />
  );
}

function NowLine(): VNode {
  const minute = minuteOfWeek(now.value);
  const day = Math.floor(minute / minutesPerDay);
  const x = ((minute % minutesPerDay) / minutesPerDay) * width;
  return (
    <line class="week-now" x1={x} x2={x} y1={day * rowHeight} y2={(day + 1) * rowHeight}>
      <title>now</title>
    </line>
  );
}

function boxOf({ from, to }: Selection) {
  return {
    left: Math.min(from.column, to.column),
    right: Math.max(from.column, to.column),
    top: Math.min(from.day, to.day),
    bottom: Math.max(from.day, to.day),
  };
}

/** The same hours of each day that the selection touches. */
function stretchesOf(selection: Selection): Stretch[] {
  const { left, right, top, bottom } = boxOf(selection);
  return Array.from({ length: bottom - top + 1 }, (_, index): Stretch => {
    const start = (top + index) * minutesPerDay;
    return [start + left * cellMinutes, start + (right + 1) * cellMinutes];
  });
}

function covers(set: WeekSet, { day, column }: Cell): boolean {
  const minute = day * minutesPerDay + column * cellMinutes;
  return set.some(([from, to]) => minute >= from && minute < to);
}

function rangeWords(selection: Selection): string {
  const { left, right, top, bottom } = boxOf(selection);
  const day = (index: number): string => weekdayNames[weekdays[index] ?? 'mon'];
  const days = top === bottom ? day(top) : `${day(top)} to ${day(bottom)}`;
  const [start, end] = [left * cellMinutes, (right + 1) * cellMinutes];
  const here = `${localTimeOf(start, now.value)} to ${localTimeOf(end, now.value)} here`;
  return `${days} ${timeOfMinute(start)} to ${timeOfMinute(end)} UTC, ${here}`;
}
