import type { CommandOutcome, Credentials } from '../../app/ports/redis.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { textOf } from '../../domain/bytes.ts';
import { display, displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { RedisErrorReply, type RedisCommand, type RedisReply } from '../../domain/redis/command.ts';
import { infoNumber, parseClientLine, parseInfo, type InfoFields } from '../../domain/redis/info.ts';
import { failureOfReply } from '../../domain/redis/replyFailure.ts';
import type { ServerIdentity } from '../../domain/redis/server.ts';
import type { Link } from './link.ts';

/** Who logs in where: the part of a definition that every connection of it repeats. */
export interface Login {
  readonly connectionName: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

export function loginOf(definition: ConnectionDefinition, credentials: Credentials): Login {
  const { password } = credentials.secret;
  return {
    connectionName: definition.name,
    db: definition.db,
    ...(definition.username === undefined ? {} : { username: definition.username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** What a connection proved about itself. */
export interface Proof {
  readonly identity: ServerIdentity;
  /** Whether INFO may be read. */
  readonly info: InfoFields | null;
  /** A line about what was denied, for the capability `info`. */
  readonly infoDenied: string;
}

const clientName = 'cachify';
const loadingPauseMs = 200;
const handshakeReplyBytes = 4 << 20;

function authCommand(login: Login): RedisCommand | null {
  if (login.username !== undefined) return ['AUTH', login.username, login.password ?? ''];
  return login.password === undefined ? null : ['AUTH', login.password];
}

/**
 * Logs in and proves the connection: PING, that the selected db is the one asked for, the ACL user, version, mode,
 * role and run id. Waits while the server loads its data. Rejects with the true cause; what an ACL denies of the rest
 * is left out.
 */
export async function handshake(link: Link, login: Login, deadlineMs: number): Promise<Proof> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await prove(link, login, Math.max(1, end - performance.now()));
    } catch (error) {
      const loading = error instanceof Failure && error.details?.['prefix'] === 'LOADING';
      if (!loading) throw error;
      if (end - performance.now() < 2 * loadingPauseMs) throw await withEta(link, error);
      await new Promise((resolve) => setTimeout(resolve, loadingPauseMs));
    }
  }
}

/** How long a server that is loading its data expects to need still. */
async function withEta(link: Link, failure: Failure): Promise<Failure> {
  const limits = { deadlineMs: loadingPauseMs, maxReplyBytes: 1 << 16 };
  const [info] = await link.exchange([['INFO', 'persistence']], limits);
  const seconds = infoNumber(parseInfo(textReply(info) ?? ''), 'loading_eta_seconds');
  if (seconds === null) return failure;
  const about = `about ${seconds.toLocaleString('en-US')} s`;
  return new Failure(failure.code, `${failure.message} It says that it needs ${about} more.`, {
    retryable: true,
    details: { ...failure.details, etaSeconds: seconds },
    nextAction: `Wait ${about}, then try again.`,
  });
}

async function prove(link: Link, login: Login, deadlineMs: number): Promise<Proof> {
  const end = performance.now() + deadlineMs;
  const ask = (commands: readonly RedisCommand[]): Promise<readonly CommandOutcome[]> =>
    link.exchange(commands, {
      deadlineMs: Math.max(1, end - performance.now()),
      maxReplyBytes: handshakeReplyBytes,
    });
  const auth = authCommand(login);
  if (auth !== null) checkLogin((await ask([auth]))[0], login);
  const asked = performance.now();
  checkPing((await ask([['PING']]))[0], login);
  const pingMs = performance.now() - asked;
  const [select, , whoami, client, server, replication, role] = await ask([
    ['SELECT', String(login.db)],
    ['CLIENT', 'SETNAME', clientName],
    ['ACL', 'WHOAMI'],
    ['CLIENT', 'INFO'],
    ['INFO', 'server'],
    ['INFO', 'replication'],
    ['ROLE'],
  ]);
  checkDb(select, client, login);
  const info = textReply(server) === null ? null : parseInfo(`${textReply(server)}\n${textReply(replication) ?? ''}`);
  const user = textReply(whoami) ?? parseClientLine(textReply(client) ?? '').get('user') ?? login.username ?? 'default';
  return {
    info,
    infoDenied: denialOf(server),
    identity: { ...identityOf(login, info, firstText(role)), user, pingMs },
  };
}

/** A reply, or the failure of a connection that died meanwhile. */
function replyOrThrow(outcome: CommandOutcome | undefined): RedisReply {
  if (outcome?.kind === 'reply') return outcome.reply;
  throw outcome?.cause ?? new Failure('CONNECTION_FAILED', 'The server did not answer the handshake.');
}

function refusal(error: RedisErrorReply, login: Login, command: string): Failure {
  const user = login.username ?? 'default';
  return failureOfReply(error, { connectionName: login.connectionName, user, command, write: false });
}

function checkLogin(outcome: CommandOutcome | undefined, login: Login): void {
  const reply = replyOrThrow(outcome);
  if (!(reply instanceof RedisErrorReply)) return;
  // A password that nobody asks for is no reason to stay out: redis-cli warns and goes on, too.
  if (/without any password configured|no password is set/i.test(reply.message)) return;
  if (/wrong number of arguments/i.test(reply.message)) {
    throw new Failure(
      'NOT_SUPPORTED',
      `${display(login.connectionName)} is too old for user names (Redis 6 has them).`,
      {
        nextAction: 'Remove the user name from the connection, and keep the password.',
      },
    );
  }
  // Old servers: "ERR invalid password", without a prefix of its own.
  const wrong = /invalid (password|username)/i.test(reply.message) ? new RedisErrorReply('WRONGPASS') : reply;
  throw refusal(wrong, login, 'auth');
}

function checkPing(outcome: CommandOutcome | undefined, login: Login): void {
  const reply = replyOrThrow(outcome);
  if (!(reply instanceof RedisErrorReply)) {
    if (firstText(outcome) === 'PONG') return;
    throw new Failure('CONNECTION_FAILED', `${display(login.connectionName)} answered PING with something else.`, {
      nextAction: 'Check whether a Redis server listens on this port.',
    });
  }
  // An ACL may deny even PING, which proves that a server listens and knows the user.
  if (reply.prefix !== 'NOPERM') throw refusal(reply, login, 'ping');
}

/** A denied SELECT leaves a connection on db 0: that must never be used as if it were the db asked for. */
function checkDb(select: CommandOutcome | undefined, client: CommandOutcome | undefined, login: Login): void {
  const reply = replyOrThrow(select);
  const actual = parseClientLine(textReply(client) ?? '').get('db');
  const selected = !(reply instanceof RedisErrorReply);
  if (actual === undefined ? selected || login.db === 0 : Number(actual) === login.db) return;
  const name = display(login.connectionName);
  if (reply instanceof RedisErrorReply && reply.prefix === 'NOPERM') throw refusal(reply, login, 'select');
  const said = reply instanceof RedisErrorReply ? `: ${displayShort(reply.message, 120)}` : '';
  throw new Failure(
    'CONNECTION_FAILED',
    `${name} did not select database ${login.db}${said}. The connection was closed, since commands would have gone to another database.`,
    {
      details: { path: 'db', ...(actual === undefined ? {} : { db: display(actual) }) },
      nextAction: 'Choose a database that the server has and the user may select.',
    },
  );
}

function identityOf(
  login: Login,
  info: InfoFields | null,
  roleReply: string | null,
): Omit<ServerIdentity, 'user' | 'pingMs'> {
  const mode = info?.get('redis_mode');
  const role = info?.get('role') ?? roleReply;
  return {
    version: info?.get('valkey_version') ?? info?.get('redis_version') ?? 'unknown',
    mode: mode === 'cluster' || mode === 'sentinel' ? mode : 'standalone',
    role: role === 'master' ? 'master' : role === 'slave' || role === 'replica' ? 'replica' : 'unknown',
    runId: info?.get('run_id') ?? null,
    db: login.db,
  };
}

export function textReply(outcome: CommandOutcome | undefined): string | null {
  return outcome?.kind === 'reply' && outcome.reply instanceof Uint8Array ? textOf(outcome.reply) : null;
}

/** The text of a reply, or of the first element of an array. */
function firstText(outcome: CommandOutcome | undefined): string | null {
  if (outcome?.kind !== 'reply') return null;
  const reply = Array.isArray(outcome.reply) ? (outcome.reply as readonly RedisReply[])[0] : outcome.reply;
  return reply instanceof Uint8Array ? textOf(reply) : null;
}

function denialOf(outcome: CommandOutcome | undefined): string {
  if (outcome?.kind !== 'reply' || !(outcome.reply instanceof RedisErrorReply)) return '';
  return outcome.reply.message;
}
