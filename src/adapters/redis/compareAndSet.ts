import type { CommandOutcome, RedisSession } from '../../app/ports/redis.ts';
import { asFailure } from '../../domain/failure.ts';
import type { RedisReply } from '../../domain/redis/command.ts';
import { notDone, type Link } from './link.ts';
import { unwrapped, wrapped } from './transaction.ts';

type Request = Parameters<RedisSession['compareAndSet']>[0];

/**
 * Optimistic transaction on a connection of its own: WATCH, read, decide, MULTI … EXEC. The whole of it has one
 * deadline. What was not sent is `notDone`; nothing is ever sent twice.
 */
export async function compareAndSet(link: Link, request: Request): Promise<readonly CommandOutcome[]> {
  const { watch, read, decide, options } = request;
  const end = performance.now() + options.deadlineMs;
  const limits = () => ({ ...options, deadlineMs: Math.max(1, end - performance.now()) });
  const seen = await link.exchange([['WATCH', ...watch], ...read], limits());
  const replies: RedisReply[] = [];
  for (const outcome of seen) {
    if (outcome.kind !== 'reply') return notDone([['WATCH']], outcome.cause);
    replies.push(outcome.reply);
  }
  const watched = seen[0];
  if (watched?.kind === 'reply' && !(watched.reply instanceof Uint8Array)) return [watched];
  try {
    const body = await decide(replies.slice(1));
    if (body === null || body.length === 0) return [];
    return unwrapped(body, await link.exchange(wrapped(body), limits()));
  } catch (error) {
    return notDone([['WATCH']], asFailure(error));
  }
}
