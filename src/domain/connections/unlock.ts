import { validationFailure, type Failure } from '../failure.ts';
import { isRecord } from './fields.ts';

/** Break-glass: a read-only connection takes writes for a while, for a stated reason. */
export interface UnlockRequest {
  readonly reason: string;
  readonly minutes: number;
}

export const unlockRule = {
  reasonMin: 10,
  reasonMax: 500,
  minutesMin: 1,
  minutesMax: 120,
  minutesDefault: 15,
} as const;

/** Reads a request; the reason is trimmed. @throws Failure VALIDATION_ERROR naming the field */
export function validateUnlock(value: unknown): UnlockRequest {
  if (!isRecord(value)) throw validationFailure('reason', 'To unlock a connection, give a reason.');
  for (const name of Object.keys(value)) {
    if (name !== 'reason' && name !== 'minutes') throw validationFailure(name, `${name} is not a field of an unlock.`);
  }
  const reason = typeof value['reason'] === 'string' ? value['reason'].trim() : '';
  const problem = reasonProblem(reason);
  if (problem !== undefined) throw validationFailure('reason', problem);
  const minutes = value['minutes'] ?? unlockRule.minutesDefault;
  if (typeof minutes !== 'number' || minutesProblem(minutes) !== undefined) {
    throw validationFailure('minutes', minutesProblem(Number.NaN) ?? '');
  }
  return { reason, minutes };
}

/** What is wrong with a reason, as a sentence; undefined when nothing is. */
export function reasonProblem(reason: string): string | undefined {
  const visible = reason.trim().length;
  if (visible >= unlockRule.reasonMin && visible <= unlockRule.reasonMax) return undefined;
  return `The reason must have ${unlockRule.reasonMin} to ${unlockRule.reasonMax} characters: it stands in the timeline for those who come after.`;
}

export function minutesProblem(minutes: number): string | undefined {
  const fits = Number.isInteger(minutes) && minutes >= unlockRule.minutesMin && minutes <= unlockRule.minutesMax;
  return fits
    ? undefined
    : `The minutes must be a whole number from ${unlockRule.minutesMin} to ${unlockRule.minutesMax}.`;
}

/** A running unlock. It ends at whichever clock gets there first, so that neither a sleep nor a set clock extends it. */
export interface Unlock {
  readonly reason: string;
  readonly fromWallMs: number;
  readonly untilWallMs: number;
  readonly untilMonoMs: number;
}

export interface Instant {
  readonly wallMs: number;
  readonly monoMs: number;
}

export function beginUnlock(request: UnlockRequest, now: Instant): Unlock {
  const ms = request.minutes * 60_000;
  return {
    reason: request.reason,
    fromWallMs: now.wallMs,
    untilWallMs: now.wallMs + ms,
    untilMonoMs: now.monoMs + ms,
  };
}

/** Milliseconds left; 0 = over. A wall clock set back before the unlock's start ends it. */
export function unlockLeftMs(unlock: Unlock, now: Instant): number {
  if (now.wallMs < unlock.fromWallMs) return 0;
  return Math.max(0, Math.min(unlock.untilWallMs - now.wallMs, unlock.untilMonoMs - now.monoMs));
}

export function notReadOnly(name: string): Failure {
  return validationFailure('id', `${name} is not read-only, so there is nothing to unlock.`);
}
