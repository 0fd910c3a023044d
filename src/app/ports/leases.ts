/** What another holder has until then. */
export interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly untilMs: number;
}

/** Leases of jobs that must run once over all windows, in the store `control`: durable before a promise resolves. */
export interface LeaseStore {
  /** A fence higher than any before, or the holder who has it. A lease that ran out, or whose holder `gone` names, is free. */
  take(request: {
    readonly name: string;
    readonly holder: string;
    readonly nowMs: number;
    readonly untilMs: number;
    readonly gone: readonly string[];
  }): Promise<{ readonly fence: number } | { readonly heldBy: string }>;
  /** false = lost. */
  renew(name: string, fence: number, untilMs: number): Promise<boolean>;
  release(name: string, fence: number): Promise<void>;
  /** Those whose names begin so, also the ones that ran out. */
  list(prefix: string): Promise<readonly LeaseRow[]>;
}

/** This process among the windows that share the store. */
export interface Holder {
  readonly name: string;
  /** Whether the process behind a holder's name is certainly gone. */
  isGone(holder: string): boolean;
}
