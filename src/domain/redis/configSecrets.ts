import { textOf, utf8 } from '../bytes.ts';
import type { RedisReply } from './command.ts';

/** Settings whose values CONFIG GET gives in clear text. */
const secretSettings: ReadonlySet<string> = new Set([
  'requirepass',
  'masterauth',
  'primaryauth',
  'tls-key-file-pass',
  'tls-client-key-file-pass',
]);

const mask = utf8('(hidden)');

/** The answer of a command with the secrets of the server's configuration hidden; other answers as they are. */
export function maskConfig(commandName: string, reply: RedisReply): RedisReply {
  if (commandName !== 'config|get' || !Array.isArray(reply)) return reply;
  const parts = reply as readonly RedisReply[];
  return parts.map((part, index) => {
    const name = index % 2 === 1 ? parts[index - 1] : undefined;
    if (!(name instanceof Uint8Array) || !(part instanceof Uint8Array) || part.length === 0) return part;
    return secretSettings.has(textOf(name)?.toLowerCase() ?? '') ? mask : part;
  });
}
