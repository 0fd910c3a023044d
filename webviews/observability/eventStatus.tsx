import type { VNode } from 'preact';
import type { EventStatus } from '../../src/domain/timeline/event.ts';
import { Icon } from '../ui/icon.tsx';

export const statusWords: Record<EventStatus, { readonly icon: string; readonly text: string }> = {
  success: { icon: 'pass', text: 'Success' },
  error: { icon: 'error', text: 'Error' },
  blocked: { icon: 'circle-slash', text: 'Blocked' },
};

/** The outcome as shape, colour and word. */
export function EventStatusMark({ status }: { readonly status: EventStatus }): VNode {
  const { icon, text } = statusWords[status];
  return (
    <span class={`status status-${status}`}>
      <Icon name={icon} />
      {text}
    </span>
  );
}
