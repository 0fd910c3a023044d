import * as z from 'zod/mini';
import type { Environment } from '../domain/connections/definition.ts';
import type { FailureShape } from '../domain/failure.ts';
import {
  incidentIncludes,
  redactionProfiles,
  type BundleVerdict,
  type ExportJob,
  type IncidentBundle,
  type IncidentPreview,
  type IncidentRequest,
  type PreviewProgress,
} from '../domain/incidents/definition.ts';
import { event, request } from './contract.ts';
import type { RangeBucket } from '../domain/incidents/rangeBuckets.ts';

/** Everything that the page shows; each one is whole. */
export interface BundleSnapshot {
  readonly trusted: boolean;
  /** Of the host, UTC: a range "until now" ends by its clock. */
  readonly now: string;
  readonly connections: readonly { readonly id: string; readonly name: string; readonly environment: Environment }[];
  /** What is asked for; the page edits a copy and asks for a preview of it. */
  readonly request: IncidentRequest;
  /** Grows when the request was set from outside: the page then takes it over. */
  readonly requestNumber: number;
  readonly buckets: readonly RangeBucket[];
  readonly previewing: PreviewProgress | null;
  readonly preview: IncidentPreview | null;
  readonly job: ExportJob | null;
  readonly bundle: IncidentBundle | null;
  readonly verdict: BundleVerdict | null;
  readonly problem: FailureShape | null;
}

const instant = z.iso.datetime();
const id = z.string().check(z.minLength(1), z.maxLength(200));

const incidentRequest = z.strictObject({
  from: instant,
  to: instant,
  connectionIds: z.optional(z.array(id).check(z.maxLength(1000))),
  includes: z.array(z.enum(incidentIncludes)),
  redactionProfile: z.enum(redactionProfiles),
  keepMapping: z.optional(z.boolean()),
});

export const bundleActs = ['export', 'cancel', 'resume', 'verify', 'reveal', 'openViewer', 'stopPreview'] as const;
export type BundleAct = (typeof bundleActs)[number];

export const incidentBundleContract = {
  requests: {
    /** First of all, and again whenever the page becomes visible. */
    ready: request<BundleSnapshot>()(z.strictObject({})),
    /** Shows what happened in a range, before anything of it is read. */
    range: request<void>()(z.strictObject({ from: instant, to: instant })),
    preview: request<void>()(incidentRequest),
    act: request<void>()(z.strictObject({ act: z.enum(bundleActs) })),
  },
  events: {
    snapshot: event<BundleSnapshot>(),
  },
} as const;

export type IncidentBundleContract = typeof incidentBundleContract;
