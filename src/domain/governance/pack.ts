import type { Weekday, WindowTimes } from './week.ts';

/** Environments that a pack can allow. A connection without one is `unknown`, which no pack can allow. */
export const packEnvironments = ['dev', 'staging', 'prod'] as const;
export type PackEnvironment = (typeof packEnvironments)[number];

/** A stretch of every week in which work may happen. */
export interface ExecutionWindow extends WindowTimes {
  /** Unique within the pack. */
  readonly id: string;
  /** Always UTC: windows never move with daylight saving time. */
  readonly timezone: 'UTC';
}

/** What a policy pack says; see `checkPack` for its rules. */
export interface PackContent {
  readonly name: string;
  readonly description?: string;
  /** Allowlist. */
  readonly environments: readonly PackEnvironment[];
  /** Items that a run and all its resumes may attempt together. */
  readonly maxWorkflowItems: number;
  /** Tries after the first; 0 = no retry. */
  readonly maxRetryAttempts: number;
  /** false: windows are kept and ignored. */
  readonly schedulingEnabled: boolean;
  readonly executionWindows: readonly ExecutionWindow[];
  readonly enabled: boolean;
}

/** As callers write a pack: window ids may be left out. */
export interface PolicyPackDraft extends Omit<PackContent, 'executionWindows'> {
  readonly executionWindows: readonly {
    readonly id?: string;
    readonly weekdays: readonly Weekday[];
    readonly startTime: string;
    readonly endTime: string;
    readonly timezone: 'UTC';
  }[];
}

export interface PolicyPack extends PackContent {
  readonly id: string;
  /** `settings`: from the setting `cachify.policyPacks`, changed there. */
  readonly source: 'store' | 'settings';
  /** Counts from 1 with every change. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const packLimits = {
  nameLength: 100,
  descriptionLength: 500,
  items: 10_000_000,
  retries: 20,
  windows: 50,
  /** Bytes of a pack file. */
  fileBytes: 256 * 1024,
} as const;

/** The fields of a pack and no others, in their order. */
export function contentOf({
  name,
  description,
  environments,
  maxWorkflowItems,
  maxRetryAttempts,
  schedulingEnabled,
  executionWindows,
  enabled,
}: PackContent): PackContent {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    environments,
    maxWorkflowItems,
    maxRetryAttempts,
    schedulingEnabled,
    executionWindows,
    enabled,
  };
}
