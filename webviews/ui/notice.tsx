import type { ComponentChildren, VNode } from 'preact';
import { Icon } from './icon.tsx';

interface NoticeProps {
  readonly kind: 'info' | 'warning' | 'error';
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
}

const word = { info: 'Note', warning: 'Warning', error: 'Error' } as const;

/** One line across the page about something that is not as it should be. */
export function Notice({ kind, children, action }: NoticeProps): VNode {
  return (
    <div class={`notice notice-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <Icon name={kind} />
      <span class="visually-hidden">{word[kind]}: </span>
      <span class="notice-text">{children}</span>
      {action}
    </div>
  );
}
