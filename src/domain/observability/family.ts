import type { HistoryEvent } from '../timeline/event.ts';

/** From this many milliseconds on an operation of ours counts as slow: a person feels it. */
export const slowOperationMs = 100;

/** What is compared with its like: the action, and for raw commands the command itself. */
export function familyOf(event: Pick<HistoryEvent, 'action' | 'details'>): string {
  const command: unknown = event.details?.['command'];
  return event.action === 'keys.command' && typeof command === 'string' ? `keys.command ${command}` : event.action;
}
