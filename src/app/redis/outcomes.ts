import type { CommandOutcome, RedisSession } from '../ports/redis.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import type { Classification } from '../../domain/redis/classify.ts';
import { RedisErrorReply, type RedisReply } from '../../domain/redis/command.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';

interface Judged {
  readonly connectionName: string;
  readonly session: RedisSession;
  readonly classifications: readonly Classification[];
  readonly tolerateErrorReplies: boolean;
}

/**
 * The replies of a batch, or the one failure that tells most: an unknown outcome of a write before everything else,
 * since it needs a person; then what was not done; then the first error that the server replied.
 */
export function repliesOf(outcomes: readonly CommandOutcome[], judged: Judged): readonly RedisReply[] {
  const lost = outcomes.findIndex((outcome, index) => outcome.kind === 'unknown' && isWrite(judged, index));
  if (lost >= 0) throw outcomeUnknown(judged, outcomes, lost);
  const replies: RedisReply[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind !== 'reply') throw partly(outcome.cause, outcomes);
    replies.push(outcome.reply);
  }
  if (judged.tolerateErrorReplies) return replies;
  const refused = replies.findIndex((reply) => reply instanceof RedisErrorReply);
  if (refused >= 0) throw partly(errorOf(judged, replies[refused], refused), outcomes);
  return replies;
}

function isWrite(judged: Judged, index: number): boolean {
  return judged.classifications[index]?.write ?? true;
}

function commandWords(judged: Judged, index: number): string {
  return display((judged.classifications[index]?.name ?? 'a command').replace('|', ' ').toUpperCase());
}

function outcomeUnknown(judged: Judged, outcomes: readonly CommandOutcome[], index: number): Failure {
  const outcome = outcomes[index];
  const cause = outcome !== undefined && outcome.kind !== 'reply' ? outcome.cause : undefined;
  const why = cause === undefined ? '' : ` ${cause.message}`;
  const name = display(judged.connectionName);
  const message = `It is not known whether ${name} carried out ${commandWords(judged, index)}: it was sent and no answer came.${why}`;
  return new Failure('OUTCOME_UNKNOWN', message, {
    details: { ...counts(outcomes), ...(cause === undefined ? {} : { cause: cause.code }) },
    nextAction: 'Read the key again to see what happened before you repeat anything.',
  });
}

function counts(outcomes: readonly CommandOutcome[]): { acknowledged: number; unknown: number; notDone: number } {
  const count = (kind: CommandOutcome['kind']): number => outcomes.filter((each) => each.kind === kind).length;
  return { acknowledged: count('reply'), unknown: count('unknown'), notDone: count('notDone') };
}

/** A failure of a batch says how far the batch came. */
function partly(failure: Failure, outcomes: readonly CommandOutcome[]): Failure {
  if (outcomes.length <= 1) return failure;
  return new Failure(failure.code, failure.message, {
    retryable: failure.retryable,
    details: { ...failure.details, ...counts(outcomes) },
    ...(failure.nextAction === undefined ? {} : { nextAction: failure.nextAction }),
  });
}

function errorOf(judged: Judged, reply: RedisReply | undefined, index: number): Failure {
  const classification = judged.classifications[index];
  return failureOfReply(reply instanceof RedisErrorReply ? reply : new RedisErrorReply('ERR'), {
    connectionName: judged.connectionName,
    user: judged.session.server.user,
    command: classification?.name ?? 'a command',
    write: classification?.write ?? true,
  });
}
