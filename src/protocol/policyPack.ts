import * as z from 'zod/mini';
import type { Environment } from '../domain/connections/definition.ts';
import type { Violation } from '../domain/governance/decision.ts';
import type { PackContent } from '../domain/governance/pack.ts';
import { event, request } from './contract.ts';

/** A connection on which the pack holds or could hold. Names are made safe. */
export interface PackConnection {
  readonly uid: string;
  readonly name: string;
  readonly environment: Environment;
  readonly held: boolean;
}

/** A decision as a row. */
export interface DecisionRow {
  readonly at: string;
  /** `deleting keys`, as it stands after "Blocked:". */
  readonly act: string;
  readonly connection: string;
  readonly items: number;
  readonly allowed: boolean;
  readonly why: string;
}

/** Why an act is blocked, for the head of the page. */
export interface Explanation {
  readonly act: string;
  readonly connection: string;
  readonly allowed: boolean;
  readonly violations: readonly Violation[];
  readonly nextOpening: string | null;
}

/** Everything that the page shows of one pack; each one is whole. */
export interface PackSnapshot {
  readonly trusted: boolean;
  /** null = a pack that is not saved yet. */
  readonly packId: string | null;
  /** Counts with every change of what is stored. */
  readonly version: number;
  /** A pack of settings is looked at here and changed there. */
  readonly source: 'store' | 'settings';
  readonly content: PackContent;
  readonly connections: readonly PackConnection[];
  /** What the packs of its connections hold back together, as sentences. */
  readonly warnings: readonly string[];
  /** Those before the one that is stored, the newest first. */
  readonly versions: readonly { readonly version: number; readonly savedAt: string; readonly content: PackContent }[];
  readonly decisions: readonly DecisionRow[];
  readonly explanation: Explanation | null;
  readonly nowMs: number;
}

export interface ReplayAnswer {
  readonly evaluated: number;
  readonly blocked: number;
  /** The newest of them. */
  readonly rows: readonly DecisionRow[];
}

export const packActs = ['duplicate', 'remove', 'export', 'aclUser', 'openSettings'] as const;
export type PackAct = (typeof packActs)[number];

const id = z.string().check(z.maxLength(100));
const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const text = (longest: number) => z.string().check(z.maxLength(longest));
/** Shapes and sizes only: the rules stand in domain/governance/checkPack.ts, which names fields and rules itself. */
const content = z.strictObject({
  name: text(1000),
  description: z.optional(text(5000)),
  environments: z.array(text(20)).check(z.maxLength(10)),
  maxWorkflowItems: z.nullable(z.number()),
  maxRetryAttempts: z.nullable(z.number()),
  schedulingEnabled: z.boolean(),
  executionWindows: z
    .array(
      z.strictObject({
        id: z.optional(text(64)),
        weekdays: z.array(weekday).check(z.maxLength(7)),
        startTime: text(20),
        endTime: text(20),
        timezone: z.literal('UTC'),
      }),
    )
    .check(z.maxLength(200)),
  enabled: z.boolean(),
});

export const policyPackContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. `packId` = what the page showed before a reload. */
    ready: request<PackSnapshot>()(z.strictObject({ packId: z.nullable(id) })),
    /** Rejects with VALIDATION_ERROR and `details.path` when the pack breaks a rule. */
    save: request<PackSnapshot>()(z.strictObject({ content })),
    assign: request<PackSnapshot>()(z.strictObject({ uid: id, held: z.boolean() })),
    replay: request<ReplayAnswer>()(z.strictObject({ content, days: z.int().check(z.gte(1), z.lte(366)) })),
    act: request<void>()(z.strictObject({ act: z.enum(packActs) })),
    dismissExplanation: request<void>()(z.strictObject({})),
  },
  events: {
    snapshot: event<PackSnapshot>(),
  },
} as const;

export type PolicyPackContract = typeof policyPackContract;
