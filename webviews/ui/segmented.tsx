import type { VNode } from 'preact';
import type { Choice } from './controls.tsx';

interface SegmentedProps {
  /** Empty when none of the choices holds. */
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
  readonly label: string;
}

/** A few short choices side by side, one of them held: a radio group for mouse and arrow keys. */
export function Segmented({ value, choices, onChange, label }: SegmentedProps): VNode {
  const held = choices.findIndex((choice) => choice.value === value);
  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const from = held < 0 && step === 1 ? -1 : Math.max(held, 0);
    const next = step === undefined ? undefined : choices[(from + step + choices.length) % choices.length];
    if (next === undefined) return;
    event.preventDefault();
    onChange(next.value);
    const group = event.currentTarget as HTMLElement;
    group.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
  }
  return (
    <div class="segmented" role="radiogroup" aria-label={label} onKeyDown={onKeyDown}>
      {choices.map((choice, at) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          data-value={choice.value}
          aria-checked={choice.value === value}
          tabIndex={at === Math.max(held, 0) ? 0 : -1}
          onClick={() => onChange(choice.value)}
        >
          {choice.text}
        </button>
      ))}
    </div>
  );
}
