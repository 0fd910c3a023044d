import type { ComponentChildren, VNode } from 'preact';
import { Icon } from '../ui/icon.tsx';

interface FieldProps {
  readonly label: string;
  /** One line below, while nothing is wrong. */
  readonly hint?: string | undefined;
  /** What is wrong, completing the field's name: "must be …". */
  readonly problem?: string | undefined;
  readonly children: ComponentChildren;
}

/** A control with its name above and, below, its hint or what is wrong with it. */
export function Field({ label, hint, problem, children }: FieldProps): VNode {
  return (
    <div class={problem === undefined ? 'field' : 'field field-wrong'} role="group" aria-label={label}>
      <span class="field-label" aria-hidden="true">
        {label}
      </span>
      <div class="field-control">{children}</div>
      {problem === undefined ? (
        hint !== undefined && <p class="field-hint">{hint}</p>
      ) : (
        <p class="field-problem" role="alert">
          <Icon name="error" /> {label} {problem}.
        </p>
      )}
    </div>
  );
}

export function Unit({ children }: { readonly children: ComponentChildren }): VNode {
  return <span class="field-unit">{children}</span>;
}
