import * as z from 'zod';
import { incidentIncludes, redactionProfiles } from '../../domain/incidents/definition.ts';
import { connectionId, instant, limit, type MethodInputs } from './shared.ts';

const id = z.string().min(1).max(200);
/** A file-system path or a `file:` URI; what it may be is judged by who writes there. */
const target = z.string().min(1).max(4096);

export const incidentsInputs: MethodInputs = {
  preview: [
    z.strictObject({
      from: instant,
      to: instant,
      connectionIds: z.array(connectionId).max(1000).optional(),
      includes: z.array(z.enum(incidentIncludes)),
      redactionProfile: z.enum(redactionProfiles),
      keepMapping: z.boolean().optional(),
    }),
  ],
  export: [z.strictObject({ previewId: id, target })],
  job: [id],
  jobs: [limit.optional()],
  wait: [id],
  cancel: [id],
  resume: [id],
  bundles: [limit.optional()],
  verify: [target],
  removeBundle: [id],
};
