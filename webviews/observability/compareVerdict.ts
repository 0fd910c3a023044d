import type { Verdict } from '../../src/domain/observability/compare.ts';

/** A verdict as a shape. */
export const verdictIcon: Readonly<Record<Verdict, string>> = {
  regressed: 'error',
  improved: 'pass',
  'no change detected': 'dash',
  inconclusive: 'question',
  'not comparable': 'circle-slash',
};

/** And as a colour. */
export function verdictClass(verdict: Verdict): string {
  return verdict.replaceAll(' ', '-');
}
