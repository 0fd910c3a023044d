import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { textOf } from '../../domain/bytes.ts';
import { validationFailure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisArgument, type RedisReply } from '../../domain/redis/command.ts';
import type { KeysParts } from './parts.ts';

/**
 * Runs one command as it is; the gate judges it like any other. Replies as plain values: text where bytes are UTF-8,
 * else bytes; integers beyond 2^53 as `bigint`.
 */
export async function runCommand(
  parts: KeysParts,
  definition: ConnectionDefinition,
  args: readonly RedisArgument[],
  confirm: string | undefined,
): Promise<unknown> {
  const [first, ...rest] = args;
  const name = first === undefined ? '' : typeof first === 'string' ? first : textOf(first);
  if (name === null || name === '') throw validationFailure('args', 'args must start with the name of a command.');
  const [reply] = await parts.gate.run(definition.uid, {
    action: 'keys.command',
    keyOrPattern: '',
    commands: [[name, ...rest]],
    ...(confirm === undefined ? {} : { confirm }),
  });
  return plain(reply ?? null);
}

function plain(reply: RedisReply): unknown {
  if (reply instanceof Uint8Array) return textOf(reply) ?? reply;
  if (reply instanceof RedisErrorReply) return { error: reply.message };
  return Array.isArray(reply) ? reply.map(plain) : reply;
}
