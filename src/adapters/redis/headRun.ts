import type { HeadOptions, HeadReply } from '../../app/ports/redis.ts';
import { Failure } from '../../domain/failure.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { BulkConnection } from './bulkPool.ts';
import { cancelled } from './link.ts';
import { Patience } from './patience.ts';
import { RespReader } from './respReader.ts';
import { encodeCommands } from './respWriter.ts';

/**
 * Asks one command and gives its reply as far as it fits. A reply that goes beyond `maxReplyBytes` is cut there, and
 * the connection, on which its rest would follow, ends with it.
 */
export async function headRun(
  { link, wire }: BulkConnection,
  command: RedisCommand,
  { deadlineMs, maxReplyBytes, signal }: HeadOptions,
): Promise<HeadReply> {
  const patience = new Patience(link, deadlineMs, command[0]);
  const dead = link.dead();
  if (dead !== null) throw dead;
  if (signal?.aborted === true) throw cancelled(false);
  let abort = (): void => undefined;
  try {
    return await new Promise<HeadReply>((resolve, reject) => {
      abort = () => reject(cancelled(true));
      signal?.addEventListener('abort', abort, { once: true });
      link.onDeath(reject);
      let received = 0;
      const reader = new RespReader((reply) => {
        wire.handBack();
        resolve({ reply, cut: false });
      });
      wire.takeOver((chunk) => {
        patience.received(chunk.length);
        received += chunk.length;
        reader.push(chunk);
        if (received > maxReplyBytes) resolve({ reply: cutReply(reader), cut: true });
      });
      wire.writeBytes(encodeCommands([command]));
      patience.begin();
    });
  } finally {
    patience.end();
    signal?.removeEventListener('abort', abort);
  }
}

function cutReply(reader: RespReader): RedisReply {
  const partial = reader.partial();
  if (partial !== undefined) return partial;
  throw new Failure('INTERNAL_ERROR', 'The server sent more than one answer to one command.');
}
