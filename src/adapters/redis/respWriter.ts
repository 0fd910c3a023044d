import type { RedisCommand } from '../../domain/redis/command.ts';

/** Commands as RESP2 arrays of bulk strings in one buffer: no byte of an argument can end its command. */
export function encodeCommands(commands: readonly RedisCommand[]): Buffer {
  const parts: Buffer[] = [];
  for (const command of commands) {
    parts.push(Buffer.from(`*${command.length}\r\n`));
    for (const argument of command) {
      const bytes =
        typeof argument === 'string'
          ? Buffer.from(argument)
          : Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength);
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, lineEnd);
    }
  }
  return Buffer.concat(parts);
}

const lineEnd = Buffer.from('\r\n');
