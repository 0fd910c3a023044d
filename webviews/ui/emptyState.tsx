import type { ComponentChildren, VNode } from 'preact';
import { Icon } from './icon.tsx';

interface EmptyStateProps {
  /** A codicon's name. */
  readonly icon: string;
  readonly title: string;
  /** What this place is for, or what happened and what it means. */
  readonly children: ComponentChildren;
  /** One action. */
  readonly action?: ComponentChildren;
}

/** Nothing to show: says why, and offers one thing to do. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps): VNode {
  return (
    <section class="empty-state">
      <Icon name={icon} class="empty-state-icon" />
      <div>
        <h2>{title}</h2>
        <p>{children}</p>
        {action !== undefined && <div class="empty-state-action">{action}</div>}
      </div>
    </section>
  );
}
