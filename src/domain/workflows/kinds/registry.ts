import type { WorkflowKind } from '../definition.ts';
import { deleteByPattern } from './deleteByPattern.ts';
import type { Kind } from './kind.ts';
import { ttlNormalize } from './ttlNormalize.ts';
import { warmupSet } from './warmupSet.ts';

/**
 * A kind, seen by what works for all of them: parameters pass through as the kind itself checked and remembered them,
 * and nobody looks inside.
 */
export type AnyKind = Kind<unknown, unknown>;

const kinds: Readonly<Record<WorkflowKind, unknown>> = { deleteByPattern, ttlNormalize, warmupSet };

export function kindOf(kind: WorkflowKind): AnyKind {
  return kinds[kind] as AnyKind;
}
