import { display } from '../display.ts';
import { Failure } from '../failure.ts';
import type { Ruling } from './decision.ts';
import { utcWords } from './words.ts';

/** What was asked about, so that the refusal can be explained later. */
interface About {
  readonly connectionUid: string;
  readonly action: string;
}

/** The answer when policies forbid an act. `effect` says what became of it, as a sentence. @throws Failure BLOCKED */
export function requireAllowed(ruling: Ruling, about: About, effect = 'Nothing was changed.'): void {
  const { allowed, violations, nextOpening, at } = ruling.decision;
  if (allowed) return;
  const why = violations.map(({ packName, message }) => `${display(packName)}: ${message}`).join(' ');
  throw new Failure('BLOCKED', `A policy forbids this now. ${why} ${effect}`, {
    details: {
      rule: 'policy',
      connectionId: about.connectionUid,
      action: about.action,
      violations,
      ...(nextOpening === undefined ? {} : { nextOpening }),
    },
    nextAction:
      nextOpening === undefined
        ? 'Look at the policy packs of this connection.'
        : `Try again after ${utcWords(Date.parse(nextOpening), Date.parse(at))}, or plan a workflow and let it wait for that.`,
  });
}
