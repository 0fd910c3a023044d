/** How much a person must care. */
export const alertSeverities = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** Who raised it: a rule that fires, a policy that blocked, a workflow that failed, the store's budget. */
export const alertSources = ['rule', 'policy', 'workflow', 'storage'] as const;
export type AlertSource = (typeof alertSources)[number];

/** One row of the alert history. `title` and `message` are finished text, safe to show. */
export interface AlertEvent {
  readonly id: string;
  readonly ruleId?: string;
  readonly connectionId?: string;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly message: string;
  readonly source: AlertSource;
  /** UTC ISO-8601. */
  readonly createdAt: string;
  readonly read: boolean;
  /** When what a rule watches began to be bad, UTC; of rules only. */
  readonly episodeFrom?: string;
  /** When it was over; absent = not yet, or not known. */
  readonly episodeTo?: string;
}
