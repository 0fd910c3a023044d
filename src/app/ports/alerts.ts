import type { AlertEvent } from '../../domain/alerts/event.ts';

/** Rules, their states and the alert history, in the store `control`: durable before a promise resolves. */
export interface AlertStore {
  /** false = the same one was raised after `sameSince` and is still unread. A critical one is due to be shown. */
  raise(event: AlertEvent, sameSince: string): Promise<boolean>;
  /** Newest first. */
  events(query: { readonly unreadOnly?: boolean; readonly limit: number }): Promise<readonly AlertEvent[]>;
  markRead(ids: readonly string[] | 'all'): Promise<void>;
}
