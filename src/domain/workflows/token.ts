import { sameBytes, utf8, type Bytes } from '../bytes.ts';
import { Failure } from '../failure.ts';

/**
 * Checkpoint tokens: `cr1.<runId>.<sequence>.<nonce>.<hmac>`. They name one checkpoint of one run, cannot be made up or
 * altered without the machine's key, are good for 14 days, and are used up by the resume that takes them.
 */
export interface CheckpointMark {
  readonly runId: string;
  /** Sequence of the checkpoint's event in the run's history. */
  readonly sequence: number;
  readonly nonce: string;
}

const version = 'cr1';
export const tokenLifeMs = 14 * 24 * 3600 * 1000;

export type Hmac = (parts: readonly Bytes[]) => string;

/** What is signed: the mark and the plan that it belongs to, so that a token never opens another plan. */
function signature(mark: CheckpointMark, planHash: string, hmac: Hmac): string {
  return hmac([utf8([version, mark.runId, mark.sequence, mark.nonce, planHash].join('.'))]);
}

export function makeToken(mark: CheckpointMark, planHash: string, hmac: Hmac): string {
  return [version, mark.runId, mark.sequence, mark.nonce, signature(mark, planHash, hmac)].join('.');
}

/** The mark in a token's text, unproven; null when it has not a token's form. */
export function readToken(token: string): (CheckpointMark & { readonly hmac: string }) | null {
  const parts = token.split('.');
  const [form, runId, sequence, nonce, hmac] = parts;
  if (parts.length !== 5 || form !== version || !runId || !nonce || !hmac) return null;
  if (sequence === undefined || !/^\d{1,12}$/.test(sequence)) return null;
  return { runId, sequence: Number(sequence), nonce, hmac };
}

/**
 * The mark of a token that this machine made for this plan.
 * @throws Failure VALIDATION_ERROR for a token that was altered, made up, or belongs to another run
 */
export function provenToken(token: string, runId: string, planHash: string, hmac: Hmac): CheckpointMark {
  const mark = readToken(token);
  if (mark === null) throw refused('it is not a checkpoint token');
  if (mark.runId !== runId) throw refused('it belongs to another run');
  if (!sameBytes(utf8(signature(mark, planHash, hmac)), utf8(mark.hmac)))
    throw refused('it was altered, or made on another machine');
  return { runId: mark.runId, sequence: mark.sequence, nonce: mark.nonce };
}

function refused(why: string): Failure {
  return new Failure('VALIDATION_ERROR', `The checkpoint token was refused: ${why}. Nothing was changed.`, {
    details: { path: 'token' },
    nextAction: 'Resume the run without a token: its own checkpoint is used.',
  });
}
