import type { VNode } from 'preact';
import type { ExecutionWindow } from '../../src/domain/governance/pack.ts';
import { minuteOfDay, weekdays, type Weekday } from '../../src/domain/governance/week.ts';
import { weekdayNames } from '../../src/domain/governance/words.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { localTimeOf } from './localTime.ts';
import { draft, edit, now, problem } from './model.ts';

/** The same windows as rows, to the minute. */
export function WindowList({ readOnly }: { readonly readOnly: boolean }): VNode {
  const windows = draft.value?.executionWindows ?? [];
  const change = (index: number, changes: Partial<ExecutionWindow>): void =>
    edit({ executionWindows: windows.map((window, at) => (at === index ? { ...window, ...changes } : window)) });
  return (
    <div class="windows">
      {windows.map((window, index) => (
        <WindowRow
          key={window.id}
          window={window}
          index={index}
          readOnly={readOnly}
          onChange={(changes) => change(index, changes)}
          onRemove={() => edit({ executionWindows: windows.filter((_, at) => at !== index) })}
        />
      ))}
      {!readOnly && (
        <div>
          <Button onClick={() => edit({ executionWindows: [...windows, newWindow(windows)], schedulingEnabled: true })}>
            Add window
          </Button>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly window: ExecutionWindow;
  readonly index: number;
  readonly readOnly: boolean;
  readonly onChange: (changes: Partial<ExecutionWindow>) => void;
  readonly onRemove: () => void;
}

function WindowRow({ window, index, readOnly, onChange, onRemove }: RowProps): VNode {
  const found = problem.value?.path.startsWith(`executionWindows.${index}.`) === true ? problem.value.message : null;
  return (
    <div class="window-row">
      <span class="window-days" role="group" aria-label={`Days of window ${index + 1}`}>
        {weekdays.map((day) => (
          <button
            key={day}
            type="button"
            class="day-toggle"
            aria-pressed={window.weekdays.includes(day)}
            disabled={readOnly}
            onClick={() => onChange({ weekdays: toggled(window.weekdays, day) })}
          >
            {weekdayNames[day]}
          </button>
        ))}
      </span>
      <span class="window-times number">
        <TextField
          label={`Start of window ${index + 1}, UTC`}
          value={window.startTime}
          onInput={(startTime) => onChange({ startTime })}
        />
        <span>to</span>
        <TextField
          label={`End of window ${index + 1}, UTC`}
          value={window.endTime}
          onInput={(endTime) => onChange({ endTime })}
        />
        <span>UTC</span>
      </span>
      <span class="muted window-here number">{hereWords(window)}</span>
      {!readOnly && (
        <Button appearance="icon" label={`Remove window ${index + 1}`} onClick={onRemove}>
          <Icon name="trash" />
        </Button>
      )}
      {found !== null && <p class="field-problem">{found}</p>}
    </div>
  );
}

/** `10:00 to 18:00 here, next day`. */
function hereWords({ startTime, endTime }: ExecutionWindow): string {
  const start = minuteOfDay(startTime);
  const end = minuteOfDay(endTime);
  if (start === null || end === null || start === end) return '';
  const overnight = end < start ? ', into the next day' : '';
  return `${localTimeOf(start, now.value)} to ${localTimeOf(end, now.value)} here${overnight}`;
}

function toggled(days: readonly Weekday[], day: Weekday): readonly Weekday[] {
  return weekdays.filter((each) => (each === day ? !days.includes(each) : days.includes(each)));
}

function newWindow(windows: readonly ExecutionWindow[]): ExecutionWindow {
  let number = windows.length + 1;
  while (windows.some(({ id }) => id === `w${number}`)) number += 1;
  return {
    id: `w${number}`,
    weekdays: ['mon', 'tue', 'wed', 'thu'],
    startTime: '08:00',
    endTime: '16:00',
    timezone: 'UTC',
  };
}
