import { textOf } from '../bytes.ts';
import { display } from '../display.ts';
import { Failure } from '../failure.ts';
import type { RedisReply } from './command.ts';

/** Asks whether a server sends key events; `noKeyEvents` reads the answer. */
export const keyEventsQuestion = ['CONFIG', 'GET', 'notify-keyspace-events'] as const;

/** Why `server` sends no key events, by its answer; null when it does, or does not say: then only trying can tell. */
export function noKeyEvents(server: string, reply: RedisReply | undefined): Failure | null {
  const value = Array.isArray(reply) ? (reply as readonly RedisReply[])[1] : undefined;
  if (!(value instanceof Uint8Array)) return null;
  const flags = textOf(value) ?? '';
  if (flags.includes('E') && /[A$lshzxegtdnm]/.test(flags)) return null;
  return new Failure(
    'NOT_SUPPORTED',
    `${display(server)} sends no key event notifications: \`notify-keyspace-events\` is "${display(flags)}". Cachify Studio does not change a server's configuration by itself.`,
    {
      nextAction: 'Set it on the server, for example CONFIG SET notify-keyspace-events AE, or watch by MONITOR.',
      details: { setting: 'notify-keyspace-events' },
    },
  );
}
