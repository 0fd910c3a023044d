/** What policies say about one act at one moment (SPEC §8). */
export interface Decision {
  readonly allowed: boolean;
  /** Every rule that was violated, not the first only. */
  readonly violations: readonly Violation[];
  /** When the act would be allowed next, UTC; absent when it is allowed, or no window says so. */
  readonly nextOpening?: string;
  readonly at: string;
}

export const policyRules = [
  'environments',
  'executionWindows',
  'maxWorkflowItems',
  /** A pack that holds here cannot be read, so nothing is allowed until it can. */
  'unreadablePack',
] as const;
export type PolicyRule = (typeof policyRules)[number];

export interface Violation {
  readonly packId: string;
  readonly packName: string;
  readonly rule: PolicyRule;
  readonly message: string;
}

/** A decision with the bounds that come with it. */
export interface Ruling {
  readonly decision: Decision;
  /** Packs that were asked, the binding one first. */
  readonly packIds: readonly string[];
  /** Window of the binding pack that is open now, or that opens next. */
  readonly windowId: string | null;
  /** null = no cap. */
  readonly maxItems: number | null;
  readonly maxRetryAttempts: number | null;
}

/** The ruling where no pack is assigned: everything is allowed and nothing is capped. */
export function unruled(at: string): Ruling {
  return {
    decision: { allowed: true, violations: [], at },
    packIds: [],
    windowId: null,
    maxItems: null,
    maxRetryAttempts: null,
  };
}

/** A decision as it is kept, and as `governance.decisions` gives it. */
export interface RecordedDecision extends Decision {
  readonly id: string;
  readonly connectionId: string;
  readonly environment: string;
  /** The API method, e.g. `workflows.start`; `workflows.batch` for each batch of a run. */
  readonly action: string;
  readonly items: number;
  readonly runId?: string;
  /** Packs that were asked, the binding one first, with the versions that they had. */
  readonly packs: readonly { readonly id: string; readonly version: number }[];
  readonly windowId?: string;
}
