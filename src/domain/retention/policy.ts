import { validationFailure, type Failure } from '../failure.ts';
import { datasets, type Dataset } from './dataset.ts';

/** How long and how much of a dataset is kept. */
export interface RetentionPolicy {
  readonly dataset: Dataset;
  /** Whole days, 1 to 3,650. */
  readonly retentionDays: number;
  /** Megabytes of 1024 × 1024 bytes, 1 to 102,400. */
  readonly storageBudgetMb: number;
  /** Whether what is older than its days, and the oldest of what is over the budget, goes by itself. */
  readonly autoPurgeOldest: boolean;
}

export const policyBounds = {
  retentionDays: { minimum: 1, maximum: 3650 },
  storageBudgetMb: { minimum: 1, maximum: 102_400 },
} as const;

const budgetsMb: Readonly<Record<Dataset, number>> = {
  timelineEvents: 256,
  observabilitySnapshots: 128,
  // Plans of millions of keys are among it: a run that just ended must not be purged, with its way back, for their size.
  workflowHistory: 320,
  incidentArtifacts: 256,
};

export function defaultPolicy(dataset: Dataset): RetentionPolicy {
  return { dataset, retentionDays: 30, storageBudgetMb: budgetsMb[dataset], autoPurgeOldest: true };
}

/** One policy per dataset, in their order: what was saved, and the defaults of the others. */
export function policiesOf(saved: readonly RetentionPolicy[]): RetentionPolicy[] {
  return datasets.map((dataset) => saved.find((policy) => policy.dataset === dataset) ?? defaultPolicy(dataset));
}

/** The first field that breaks its rule; null when all hold. `details.path` names the field. */
export function policyProblem(policy: RetentionPolicy): Failure | null {
  if (!datasets.includes(policy.dataset)) {
    return validationFailure('dataset', `dataset must be one of ${datasets.join(', ')}.`);
  }
  for (const field of ['retentionDays', 'storageBudgetMb'] as const) {
    const { minimum, maximum } = policyBounds[field];
    const value: unknown = policy[field];
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) continue;
    return validationFailure(field, `${field} must be a whole number from ${minimum} to ${maximum}.`);
  }
  if (typeof policy.autoPurgeOldest !== 'boolean') {
    return validationFailure('autoPurgeOldest', 'autoPurgeOldest must be true or false.');
  }
  return null;
}

export const megabyte = 1 << 20;

/** Share of a budget at which a warning is raised. */
export const warnAt = 0.9;
/** Share of a budget down to which a purge goes that was started by crossing it. */
export const purgeTo = 0.8;
const dayMs = 86_400_000;

/** What is older than this goes by age: half-open, a row of exactly this moment stays. */
export function ageCutoff(policy: Pick<RetentionPolicy, 'retentionDays'>, nowMs: number): string {
  return new Date(Math.max(0, nowMs - policy.retentionDays * dayMs)).toISOString();
}
