import type { Credentials } from '../../app/ports/redis.ts';
import { textOf } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import { endpointLabel, parseHostPort, type Destination, type Endpoint } from './endpoint.ts';
import { leanWire } from './leanWire.ts';
import { Link } from './link.ts';
import { redirectAllowed, redirectFailure, type HostPort } from './redirects.ts';
import { tlsOptions } from './tls.ts';

type Sentinel = NonNullable<ConnectionDefinition['sentinel']>;

const sentinelPort = 26_379;

/**
 * Asks the Sentinels, one after another, where the master is. Rejects with what the last of them said. The Sentinels
 * get their own password only, and their answer is followed to allowed hosts only.
 */
export async function findMaster(
  definition: ConnectionDefinition,
  sentinel: Sentinel,
  credentials: Credentials,
  left: () => number,
  signal?: AbortSignal,
): Promise<Endpoint> {
  const nodes = sentinel.nodes.flatMap((node) => parseHostPort(node, sentinelPort) ?? []);
  let last = new Failure('CONNECTION_FAILED', 'The connection names no Sentinel.', {
    nextAction: 'Set sentinel.nodes of the connection.',
  });
  for (const [index, node] of nodes.entries()) {
    // A Sentinel that is down must leave time for the others.
    const share = left() / (nodes.length - index);
    try {
      const master = await ask(node, sentinel, credentials, share, signal);
      const rule = { nodes, allowedHosts: sentinel.allowedHosts ?? [], anyPortOfNodes: true };
      if (await redirectAllowed(master, rule)) return { kind: 'tcp', ...master };
      throw redirectFailure([master], `Sentinel ${nodeLabel(node)}`, 'sentinel.allowedHosts');
    } catch (error) {
      last = asFailure(error);
      if (last.code === 'CANCELLED') throw last;
    }
  }
  throw last;
}

function nodeLabel(node: HostPort): string {
  return endpointLabel({ kind: 'tcp', ...node });
}

async function ask(
  node: HostPort,
  sentinel: Sentinel,
  credentials: Credentials,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HostPort> {
  const label = nodeLabel(node);
  const secure = sentinel.tls !== undefined && sentinel.tls.enabled !== false;
  const destination: Destination = {
    endpoint: { kind: 'tcp', ...node },
    label,
    ...(secure ? { tls: tlsOptions(sentinel.tls ?? {}, node.host, credentials) } : {}),
  };
  const password = credentials.secret.sentinelPassword;
  const login: RedisCommand[] = [];
  if (sentinel.username !== undefined) login.push(['AUTH', sentinel.username, password ?? '']);
  else if (password !== undefined) login.push(['AUTH', password]);
  const link = await Link.open(label, leanWire(destination, timeoutMs, signal));
  try {
    const query: RedisCommand = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinel.name];
    const outcomes = await link.exchange([...login, query], { deadlineMs: timeoutMs, maxReplyBytes: 1 << 20 });
    const answer = outcomes.at(-1);
    if (answer?.kind !== 'reply') throw answer?.cause ?? new Failure('CONNECTION_FAILED', `${label} did not answer.`);
    return masterOf(answer.reply, label, sentinel);
  } finally {
    link.destroy(new Failure('CONNECTION_FAILED', 'The Sentinel was asked and answered.'));
  }
}

function masterOf(reply: RedisReply, label: string, sentinel: Sentinel): HostPort {
  if (reply instanceof RedisErrorReply) {
    const user = sentinel.username ?? 'default';
    throw failureOfReply(reply, { connectionName: `Sentinel ${label}`, user, command: 'sentinel', write: false });
  }
  const parts = Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
  const [host, port] = parts.map((part) => (part instanceof Uint8Array ? textOf(part) : null));
  const number = Number(port);
  if (host && Number.isInteger(number) && number > 0 && number < 65_536) return { host, port: number };
  throw new Failure('CONNECTION_FAILED', `Sentinel ${label} does not know a master named ${display(sentinel.name)}.`, {
    details: { path: 'sentinel.name' },
    nextAction: 'Check sentinel.name of the connection.',
  });
}
