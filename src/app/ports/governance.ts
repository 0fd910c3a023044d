import type { RecordedDecision, Ruling } from '../../domain/governance/decision.ts';
import type { PackContent } from '../../domain/governance/pack.ts';

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

/** A pack as it is stored: its content is checked by who reads it, since a store may be older or damaged. */
export interface StoredPack {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Set = removed; kept so that decisions stay readable. */
  readonly removedAt: string | null;
  readonly content: Readonly<Record<keyof PackContent, unknown>>;
}

/** A pack as it was; checked by who reads it. */
export interface StoredPackVersion {
  readonly version: number;
  readonly savedAt: string;
  readonly content: unknown;
}

/** The packs of one connection, and how late it was when the last decision was made. */
export interface HoldingPacks {
  readonly packs: readonly StoredPack[];
  readonly lastDecisionAt: string | null;
}

/** Packs, assignments and decisions, in the store `control`: durable before a promise resolves. */
export interface GovernanceStore {
  /** By name; removed ones too. */
  packs(): Promise<readonly StoredPack[]>;
  /**
   * New packs, and new versions of known ones, in one transaction.
   * @throws Failure CONFLICT when a version is not the next one: another window was first
   */
  savePacks(packs: readonly (Omit<StoredPack, 'content'> & { readonly content: PackContent })[]): Promise<void>;
  /** Every version that a pack had, the newest first. */
  versions(packId: string): Promise<readonly StoredPackVersion[]>;
  /** Removes the pack's assignments too. false = there was none. */
  removePack(id: string, at: string): Promise<boolean>;
  /** By connection's `uid`. */
  assignments(): Promise<readonly { readonly connectionId: string; readonly packIds: readonly string[] }[]>;
  /** These packs and no others hold on the connection from now on. */
  assign(connectionUid: string, packIds: readonly string[], at: string): Promise<void>;
  /** What holds on a connection at this moment, also when another window saved it just now. */
  holding(connectionUid: string): Promise<HoldingPacks>;
  record(decisions: readonly RecordedDecision[]): Promise<void>;
  /** Newest first; [from, to). */
  decisions(query: {
    readonly connectionId?: string;
    readonly runId?: string;
    readonly from?: string;
    readonly to?: string;
    readonly limit: number;
  }): Promise<readonly RecordedDecision[]>;
}

/** The setting `cachify.policyPacks`. */
export interface ConfiguredPacks {
  /** Every entry of every scope, unvalidated: settings are written by hand. */
  policyPacks(): readonly unknown[];
  onDidChange(listener: () => void): { dispose(): void };
}
