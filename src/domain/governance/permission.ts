import type { StopCause } from '../workflows/definition.ts';
import type { Circumstances } from '../workflows/decide.ts';
import type { Ruling } from './decision.ts';
import { utcWords } from './words.ts';

/** The bounds under which a run was started or resumed; null = no cap. */
export interface BegunUnder {
  readonly maxItems: number | null;
  readonly maxRetryAttempts: number | null;
}

/**
 * Whether the next batch of a run may happen, and how far the run may go. A policy that was tightened while the run
 * went on pauses it; one that was loosened or removed changes nothing: the bounds of the beginning stay.
 */
export function permissionOf(ruling: Ruling, begun: BegunUnder): Circumstances['permission'] {
  const { decision } = ruling;
  const { violations, nextOpening } = decision;
  if (!decision.allowed) {
    const cause = causeOfRefusal(ruling);
    const onlyWindows = violations.every(({ rule }) => rule === 'executionWindows');
    return {
      allowed: false,
      state: onlyWindows && nextOpening !== undefined ? 'paused_window' : 'paused_policy',
      cause,
    };
  }
  const tighter = tightened(ruling, begun);
  if (tighter !== null) {
    const nextAction = 'Resume to go on under the policy as it is now.';
    const cause: StopCause = { code: 'BLOCKED', message: tighter, nextAction, details: { rule: 'policy' } };
    return { allowed: false, state: 'paused_policy', cause };
  }
  return { allowed: true, maxItems: begun.maxItems };
}

/** A refusal as a run's history keeps it. */
export function causeOfRefusal({ decision }: Ruling): StopCause {
  const { violations, nextOpening, at } = decision;
  return {
    code: 'BLOCKED',
    message: violations.map(({ packName, message }) => `${packName}: ${message}`).join(' '),
    nextAction:
      nextOpening === undefined
        ? 'Look at the policy packs of this connection.'
        : `Resume after ${utcWords(Date.parse(nextOpening), Date.parse(at))}.`,
    details: { rule: 'policy', violations, ...(nextOpening === undefined ? {} : { nextOpening }) },
  };
}

function tightened(now: Ruling, begun: BegunUnder): string | null {
  const items = lowered(begun.maxItems, now.maxItems);
  if (items !== null)
    return `A policy was tightened while this ran: now ${items.toLocaleString('en-US')} items per run, all its resumes together.`;
  const retries = lowered(begun.maxRetryAttempts, now.maxRetryAttempts);
  if (retries !== null) return `A policy was tightened while this ran: now ${retries} retries per item.`;
  return null;
}

/** The cap that holds now when it is lower than before. */
function lowered(before: number | null, now: number | null): number | null {
  return now !== null && (before === null || now < before) ? now : null;
}
