import type { CommandOutcome } from '../../app/ports/redis.ts';
import { display, displayShort } from '../../domain/display.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';
import type { Capabilities, Capability, CapabilityName } from '../../domain/redis/server.ts';
import type { Proof } from './handshake.ts';
import type { Exchanger } from './link.ts';

/** No such key, so that nothing is read of anybody's. */
const noKey = 'cachify:probe:no-such-key';

interface Probe {
  readonly command: RedisCommand;
  readonly words: string;
  /** Since which version, for a server that does not know the command. */
  readonly since: string;
  /** Judges an answer that is no error. */
  readonly judge?: (reply: RedisReply) => Capability;
}

const probes: Readonly<Record<Exclude<CapabilityName, 'info'>, Probe>> = {
  config: { command: ['CONFIG', 'GET', 'maxmemory-policy'], words: 'CONFIG GET', since: '2', judge: configured },
  slowlog: { command: ['SLOWLOG', 'LEN'], words: 'SLOWLOG', since: '2.2' },
  latency: { command: ['LATENCY', 'LATEST'], words: 'LATENCY', since: '2.8' },
  memory: { command: ['MEMORY', 'USAGE', noKey], words: 'MEMORY USAGE', since: '4' },
  object: { command: ['OBJECT', 'ENCODING', noKey], words: 'OBJECT', since: '2.2' },
  scan: { command: ['SCAN', '0', 'COUNT', '1'], words: 'SCAN', since: '2.8' },
  notifications: {
    command: ['CONFIG', 'GET', 'notify-keyspace-events'],
    words: 'the setting notify-keyspace-events',
    since: '2.8',
    judge: notifying,
  },
  noTouch: { command: ['CLIENT', 'NO-TOUCH', 'ON'], words: 'CLIENT NO-TOUCH', since: '7.2' },
  dump: { command: ['DUMP', noKey], words: 'DUMP', since: '2.6' },
  scripting: { command: ['EVAL', 'return 1', '0'], words: 'EVAL', since: '2.6' },
};

const available: Capability = { available: true };
const unavailable = (reason: string): Capability => ({ available: false, reason });

/** CONFIG GET answers pairs; managed services answer nothing for what they hide. */
function configured(reply: RedisReply): Capability {
  return Array.isArray(reply) && reply.length >= 2 ? available : unavailable('This server hides its configuration.');
}

function notifying(reply: RedisReply): Capability {
  if (!Array.isArray(reply) || reply.length < 2) return unavailable('This server hides notify-keyspace-events.');
  const value = (reply as readonly RedisReply[])[1];
  const on = value instanceof Uint8Array && value.length > 0;
  return on
    ? available
    : unavailable('Keyspace notifications are off on this server (notify-keyspace-events is empty).');
}

/** Asks the server what works for this user instead of assuming it; reasons in words for what does not. */
export async function probeCapabilities(link: Exchanger, proof: Proof, deadlineMs: number): Promise<Capabilities> {
  const names = Object.keys(probes) as (keyof typeof probes)[];
  const outcomes = await link.exchange(
    names.map((name) => probes[name].command),
    { deadlineMs, maxReplyBytes: 1 << 20 },
  );
  const found: Partial<Record<CapabilityName, Capability>> = {};
  names.forEach((name, index) => (found[name] = judge(probes[name], outcomes[index], proof.identity.user)));
  const info =
    proof.info === null
      ? denied(
          new RedisErrorReply(proof.infoDenied),
          { command: ['INFO'], words: 'INFO', since: '1' },
          proof.identity.user,
        )
      : available;
  return { ...(found as Record<keyof typeof probes, Capability>), info };
}

function judge(probe: Probe, outcome: CommandOutcome | undefined, user: string): Capability {
  if (outcome?.kind !== 'reply') return unavailable(outcome?.cause.message ?? 'The server did not answer.');
  if (outcome.reply instanceof RedisErrorReply) return denied(outcome.reply, probe, user);
  return probe.judge?.(outcome.reply) ?? available;
}

function denied(error: RedisErrorReply, probe: Probe, user: string): Capability {
  const { message, prefix } = error;
  // About the key only: the command itself is allowed. Another node's key proves as much.
  if (prefix === 'MOVED' || /no such key/i.test(message)) return available;
  if (prefix === 'NOPERM') {
    if (/access (a|one of the) keys?/i.test(message)) return available;
    return unavailable(`The user \`${display(user)}\` may not run ${probe.words} (NOPERM).`);
  }
  if (/unknown (sub)?command|wrong number of arguments/i.test(message)) {
    return unavailable(`This server does not know ${probe.words} (Redis ${probe.since} or newer has it).`);
  }
  return unavailable(`The server answered ${probe.words} with: ${displayShort(message, 120)}.`);
}
