/** What policies say about one act at one moment (SPEC §8). */
export interface Decision {
  readonly allowed: boolean;
  /** Every rule that was violated, not the first only. */
  readonly violations: readonly Violation[];
  /** When the act would be allowed next, UTC; absent when it is allowed, or no window says so. */
  readonly nextOpening?: string;
  readonly at: string;
}

export interface Violation {
  readonly packId: string;
  readonly packName: string;
  readonly rule: string;
  readonly message: string;
}

/** A decision with the bounds that come with it. */
export interface Ruling {
  readonly decision: Decision;
  /** Packs that were asked, the binding one first. */
  readonly packIds: readonly string[];
  /** Window that is open now, or that opens next. */
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
