import * as z from 'zod';
import { absolutePath, type MethodInputs } from './shared.ts';

export const retentionInputs: MethodInputs = {
  exportDatabase: [absolutePath],
  verify: [],
  importDesktop: [
    absolutePath,
    z.strictObject({ scope: z.enum(['user', 'workspace']).optional(), dryRun: z.boolean().optional() }).optional(),
  ],
};
