import type { AlertSeverity, AlertSource } from '../../domain/alerts/event.ts';

export interface RaisedAlert {
  readonly severity: AlertSeverity;
  /** A few words, finished text: server text in it went through `display()`. */
  readonly title: string;
  /** What happened, what it means, what to do. */
  readonly message: string;
  readonly source: AlertSource;
  /** `uid` of the connection that it is about. */
  readonly connectionId?: string;
}

/** Where features say what a person must hear of: a policy blocked, a run failed, a budget is spent. */
export interface AlertEvents {
  /**
   * Durable when it resolves: it stands in the alert history, unread, and a critical one is shown once, in one window.
   * The same alert (source, title, message, connection) raised again while it is unread and younger than ten minutes adds
   * nothing. Never rejects: what cannot be stored is logged, since the act that raised it must not fail for it.
   */
  raise(alert: RaisedAlert): Promise<void>;
}
