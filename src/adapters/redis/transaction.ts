import type { CommandOutcome } from '../../app/ports/redis.ts';
import { Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';

/** The commands of one MULTI/EXEC around `body`. */
export function wrapped(body: readonly RedisCommand[]): readonly RedisCommand[] {
  return [['MULTI'], ...body, ['EXEC']];
}

const watchedKeyChanged = new Failure(
  'CONFLICT',
  'A key was changed by somebody else in between, so nothing was written.',
  { nextAction: 'Compare with the current value, then save again.' },
);

/**
 * What became of the body of a transaction, from the outcomes of `wrapped(body)`: the replies of EXEC, or `notDone`
 * for all when it was aborted, or `unknown` for all when EXEC was sent and no answer came.
 */
export function unwrapped(
  body: readonly RedisCommand[],
  outcomes: readonly CommandOutcome[],
): readonly CommandOutcome[] {
  const exec = outcomes[body.length + 1];
  if (exec === undefined || exec.kind !== 'reply') {
    const kind = exec?.kind ?? 'unknown';
    const cause = exec?.cause ?? new Failure('INTERNAL_ERROR', 'The answer to a transaction was lost.');
    return body.map(() => ({ kind, cause }));
  }
  const { reply } = exec;
  if (reply === null) return body.map(() => ({ kind: 'notDone', cause: watchedKeyChanged }));
  if (reply instanceof RedisErrorReply || !Array.isArray(reply)) return aborted(body, outcomes, reply);
  const replies = reply as readonly RedisReply[];
  return body.map((_, index) => ({ kind: 'reply', reply: replies[index] ?? null }));
}

/** EXECABORT: the command that was refused while queueing says why; nothing ran, also not what was queued. */
function aborted(
  body: readonly RedisCommand[],
  outcomes: readonly CommandOutcome[],
  exec: RedisReply,
): readonly CommandOutcome[] {
  const cause = new Failure('CONFLICT', 'Another command of the transaction was refused, so none of them ran.', {
    nextAction: 'Look at the command that was refused.',
  });
  const refused = body.some((_, index) => isError(outcomes[index + 1]));
  return body.map((_, index) => {
    const queued = outcomes[index + 1];
    if (isError(queued)) return queued;
    return refused ? { kind: 'notDone', cause } : { kind: 'reply', reply: exec };
  });
}

function isError(outcome: CommandOutcome | undefined): outcome is CommandOutcome & { kind: 'reply' } {
  return outcome?.kind === 'reply' && outcome.reply instanceof RedisErrorReply;
}
