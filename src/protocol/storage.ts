import * as z from 'zod/mini';
import { datasets, keptDatasets, type KeptDataset } from '../domain/retention/dataset.ts';
import type { RetentionPolicy } from '../domain/retention/policy.ts';
import type { PurgePlan, PurgeResult } from '../domain/retention/purge.ts';
import type { StorageReport } from '../domain/retention/report.ts';
import { event, request } from './contract.ts';

/** What the person asked for before the page was there: it opens with this dataset's plan or policy. */
export interface StorageFocus {
  readonly dataset: KeptDataset;
  readonly open: 'plan' | 'policy';
}

/** Everything that the page shows; each one is whole. */
export interface StorageSnapshot {
  readonly report: StorageReport;
  readonly focus: StorageFocus | null;
}

export interface PurgeProgressTold {
  readonly planId: string;
  readonly rows: number;
  readonly planned: number;
}

/** What is done outside of the page: dialogs of VS Code ask for the rest. */
export const storageActs = [
  'verify',
  'exportDatabase',
  'openFolder',
  'reset',
  'confirmClock',
  'snapshotSettings',
] as const;
export type StorageAct = (typeof storageActs)[number];

const id = z.string().check(z.maxLength(100));

export const storageContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. */
    ready: request<StorageSnapshot>()(z.strictObject({})),
    plan: request<PurgePlan>()(
      z.strictObject({
        dataset: z.enum(keptDatasets),
        /** Whole days; absent = as the policy says. */
        olderThanDays: z.optional(z.int().check(z.gte(1), z.lte(3650))),
      }),
    ),
    purge: request<PurgeResult>()(z.strictObject({ planId: id })),
    undo: request<{ readonly restoredRows: number }>()(z.strictObject({ purgeId: id })),
    savePolicy: request<RetentionPolicy>()(
      z.strictObject({
        dataset: z.enum(datasets),
        retentionDays: z.number(),
        storageBudgetMb: z.number(),
        autoPurgeOldest: z.boolean(),
      }),
    ),
    act: request<void>()(z.strictObject({ act: z.enum(storageActs) })),
  },
  events: {
    snapshot: event<StorageSnapshot>(),
    progress: event<PurgeProgressTold>(),
  },
} as const;

export type StorageContract = typeof storageContract;
