import type { Ruling } from '../../domain/governance/decision.ts';

export interface GovernanceQuestion {
  readonly connectionUid: string;
  /** The API method, e.g. `workflows.start`; `workflows.batch` for each batch of a run. */
  readonly action: string;
  /** Items that the act concerns: for runs, what they and those before them have attempted, with what comes next. */
  readonly items: number;
  readonly runId?: string;
  readonly at: string;
}

/** What policies say. Only acts that may change something, and the plans of such acts, are asked about. */
export interface Governance {
  /**
   * Asked right before the act. The answer is a record of its own; where a pack holds, it is durable when this resolves.
   * @throws Failure BLOCKED when a pack holds and the record cannot be kept, or when packs cannot be read
   */
  rule(question: GovernanceQuestion): Promise<Ruling>;
  /** The same answer ahead of the act, for those who show it: not recorded. */
  foresee(question: GovernanceQuestion): Promise<Ruling>;
}
