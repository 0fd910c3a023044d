import { display } from '../display.ts';
import { Failure } from '../failure.ts';
import type { Ruling } from './decision.ts';

/** What a person is told when policies forbid an act. `effect` says what became of it, as a sentence. */
export function policyFailure({ decision }: Ruling, effect = 'Nothing was changed.'): Failure {
  const { violations, nextOpening } = decision;
  const why = violations.map(({ packName, message }) => `${display(packName)}: ${message}`).join(' ');
  return new Failure('BLOCKED', `A policy forbids this now. ${why} ${effect}`, {
    details: { rule: 'policy', violations, ...(nextOpening === undefined ? {} : { nextOpening }) },
    nextAction:
      nextOpening === undefined
        ? 'Look at the policy packs of this connection.'
        : `Try again after ${nextOpening}, or plan a workflow and schedule it.`,
  });
}

/** The answer when policies forbid an act. @throws Failure BLOCKED */
export function requireAllowed(ruling: Ruling, effect?: string): void {
  if (!ruling.decision.allowed) throw policyFailure(ruling, effect);
}
