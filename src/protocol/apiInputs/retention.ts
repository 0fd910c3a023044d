import * as z from 'zod';
import { datasets, keptDatasets } from '../../domain/retention/dataset.ts';
import { absolutePath, instant, type MethodInputs } from './shared.ts';

const id = z.string().min(1).max(100);

export const retentionInputs: MethodInputs = {
  policies: [],
  savePolicy: [
    // The bounds stand in domain/retention/policy.ts, which names fields and rules itself.
    z.strictObject({
      dataset: z.enum(datasets),
      retentionDays: z.number(),
      storageBudgetMb: z.number(),
      autoPurgeOldest: z.boolean(),
    }),
  ],
  summary: [],
  planPurge: [z.strictObject({ dataset: z.enum(keptDatasets), olderThan: instant.optional() })],
  purge: [id],
  undoPurge: [id],
  exportDatabase: [absolutePath],
  verify: [],
  importDesktop: [
    absolutePath,
    z.strictObject({ scope: z.enum(['user', 'workspace']).optional(), dryRun: z.boolean().optional() }).optional(),
  ],
};
