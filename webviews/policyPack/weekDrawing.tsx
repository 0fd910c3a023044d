import type { VNode } from 'preact';
import { minuteOfWeek, minutesPerDay, timeOfMinute, weekdays, type WeekSet } from '../../src/domain/governance/week.ts';
import { weekdayNames } from '../../src/domain/governance/words.ts';
import { localTimeOf } from './localTime.ts';
import { now } from './model.ts';
import { boxOf, columns, type Cell, type Selection } from './selection.ts';

/** Units of the drawing; it is stretched to the room that there is. */
const cellWidth = 20;
const rowHeight = 28;
export const width = columns * cellWidth;
export const height = weekdays.length * rowHeight;

/** Hours in UTC, and what they are here today. */
export function Ruler(): VNode {
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

export function Lines(): VNode {
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

export function OpenStretches({ set }: { readonly set: WeekSet }): VNode {
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

export function SelectionBox({ selection, add }: { readonly selection: Selection; readonly add: boolean }): VNode {
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

export function NowLine(): VNode {
  const minute = minuteOfWeek(now.value);
  const day = Math.floor(minute / minutesPerDay);
  const x = ((minute % minutesPerDay) / minutesPerDay) * width;
  return (
    <line class="week-now" x1={x} x2={x} y1={day * rowHeight} y2={(day + 1) * rowHeight}>
      <title>now</title>
    </line>
  );
}

/** Where the keyboard is. */
export function Cursor({ at }: { readonly at: Cell }): VNode {
  return (
    <rect
      class="week-cursor"
      x={at.column * cellWidth + 1}
      y={at.day * rowHeight + 1}
      width={cellWidth - 2}
      height={rowHeight - 2}
    />
  );
}
