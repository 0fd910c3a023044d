// Functions that the store's SQL can call.
import { patternTest } from '../../../domain/observability/failures.ts';
import { mergedSketches } from './sketchBytes.ts';

let tested: { readonly pattern: string; readonly test: (text: string) => boolean } | undefined;

/** `of_pattern(key_or_pattern, pattern)`, for queries only: 1 when the key belongs to the pattern. */
export function ofPattern(text: unknown, pattern: unknown): number {
  if (typeof text !== 'string' || typeof pattern !== 'string') return 0;
  if (tested?.pattern !== pattern) tested = { pattern, test: patternTest(pattern) };
  return tested.test(text) ? 1 : 0;
}

/**
 * `merge_sketches(a, b)`: the latency sketch of both together; null stands for an empty one. Statements of the log call it,
 * so what it gives for the same bytes must never change.
 */
export function mergeSketches(one: unknown, other: unknown): Uint8Array | null {
  const a = one instanceof Uint8Array ? one : null;
  const b = other instanceof Uint8Array ? other : null;
  return a !== null && b !== null ? mergedSketches(a, b) : (a ?? b);
}
