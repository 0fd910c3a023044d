import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { toolkit } from './toolkit.ts';

/** The controls that every page uses. They are controlled: the value that is passed is the value that shows. */

interface ButtonProps {
  readonly onClick: () => void;
  readonly appearance?: 'primary' | 'secondary' | 'icon';
  readonly disabled?: boolean;
  /** What was pressed is being done: nothing can be pressed now, and the focus stays where it is, unlike with `disabled`. */
  readonly busy?: boolean;
  /** Said by screen readers and shown on hover; needed when the content is an icon only. */
  readonly label?: string;
  readonly children: ComponentChildren;
}

export function Button({
  onClick,
  appearance = 'secondary',
  disabled = false,
  busy = false,
  label,
  children,
}: ButtonProps): VNode {
  return toolkit(
    'vscode-button',
    {
      appearance,
      disabled,
      onClick: () => {
        if (!busy) onClick();
      },
      title: label,
      'aria-label': label,
      'aria-disabled': busy ? 'true' : undefined,
    },
    children,
  );
}

interface TextFieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly label: string;
  readonly placeholder?: string;
  readonly onEscape?: () => void;
}

export function TextField({ value, onInput, label, placeholder, onEscape }: TextFieldProps): VNode {
  return toolkit('vscode-text-field', {
    value,
    placeholder,
    // Once it stands in the page: there the element calls itself "Text field", whatever it was called before.
    ref: (element: Element | null) => element?.setAttribute('aria-label', label),
    onInput: (event: Event) => onInput((event.target as HTMLInputElement).value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Escape') onEscape?.();
    },
  });
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}

interface SelectProps {
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
  readonly label: string;
}

export function Select({ value, choices, onChange, label }: SelectProps): VNode {
  const holder = useRef<HTMLSpanElement>(null);
  // The element forgets its value when its options change, and takes one only after they are there.
  useLayoutEffect(() => {
    const element = holder.current?.querySelector<HTMLElement & { value: string }>('vscode-dropdown');
    if (element && element.value !== value) element.value = value;
  });
  return (
    <span class="select" ref={holder}>
      {toolkit(
        'vscode-dropdown',
        {
          'aria-label': label,
          onChange: (event: Event) => {
            const chosen = (event.target as HTMLSelectElement).value;
            if (chosen !== value && choices.some((choice) => choice.value === chosen)) onChange(chosen);
          },
        },
        ...choices.map((choice) => toolkit('vscode-option', { value: choice.value, key: choice.value }, choice.text)),
      )}
    </span>
  );
}

interface CheckboxProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ComponentChildren;
  readonly title?: string;
}

export function Checkbox({ checked, onChange, children, title }: CheckboxProps): VNode {
  return toolkit(
    'vscode-checkbox',
    {
      checked,
      title,
      // Fires for our own changes too: only a difference is the person's.
      onChange: (event: Event) => {
        const now = (event.target as HTMLInputElement).checked;
        if (now !== checked) onChange(now);
      },
    },
    children,
  );
}

/** Long work without a known end; `label` says what. */
export function Spinner({ label }: { readonly label: string }): VNode {
  return (
    <span class="spinner" role="status">
      {toolkit('vscode-progress-ring', { 'aria-hidden': 'true' })}
      <span>{label}</span>
    </span>
  );
}
