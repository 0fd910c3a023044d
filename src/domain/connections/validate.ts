import { Failure } from '../failure.ts';
import { host, node, parseUrl, splitNode, type ParsedUrl } from './address.ts';
import type {
  ConnectionDefinition,
  ConnectionDraft,
  ConnectionScope,
  RetryOptions,
  SecretSource,
  TlsOptions,
} from './definition.ts';
import {
  closed,
  flag,
  isRecord,
  list,
  number,
  oneOf,
  Problems,
  table,
  text,
  type Fields,
  type Problem,
  type Read,
} from './fields.ts';

type Sentinel = NonNullable<ConnectionDraft['sentinel']>;
type Cluster = NonNullable<ConnectionDraft['cluster']>;
type Ssh = NonNullable<ConnectionDraft['ssh']>;

const path = text({ max: 1024 });
const port = number({ min: 1, max: 65_535, whole: true });
const username = text({ max: 256, pattern: /^\S+$/, must: 'have no spaces' });
/** What reaches a command line must not look like an option there. */
const word = text({ max: 253, pattern: /^[\w.@%:[\]][\w.@%:[\]-]*$/, must: 'be one word that does not begin with -' });

const tls = closed<TlsOptions>(
  { enabled: flag, servername: host, caFile: path, certFile: path, keyFile: path, rejectUnauthorized: flag },
  [],
);

const retry = closed<RetryOptions>(
  {
    maxAttempts: number({ min: 0, max: 10, whole: true }),
    backoffMs: number({ min: 0, max: 60_000, whole: true }),
    strategy: oneOf(['fixed', 'exponential']),
    abortOnErrorRate: number({ min: 0, max: 1, whole: false }),
  },
  [],
);

const allowedHost = text({
  max: 253,
  pattern: /^[\w.:*/[\]-]+$/,
  must: 'be a host, a name with * or a network such as 10.0.0.0/8',
});

const allowedHosts = list(allowedHost, { min: 0, max: 100 });

const sentinel = closed<Sentinel>(
  { name: text({ max: 100 }), nodes: list(node, { min: 1, max: 20 }), username, tls, allowedHosts },
  ['name', 'nodes'],
);

const cluster = closed<Cluster>(
  {
    nodes: list(node, { min: 1, max: 100 }),
    allowedHosts,
    natMap: table(node, node, 1000),
  },
  ['nodes'],
);

const ssh = closed<Ssh>({ host: word, port, user: word, identityFile: path }, ['host']);

const environmentVariable = closed<{ env: string }>(
  { env: text({ max: 200, pattern: /^[A-Za-z_]\w*$/, must: 'be the name of an environment variable' }) },
  ['env'],
);

const argument: Read<string> = (value, at, problems) =>
  typeof value === 'string' && value.length <= 4096 && !value.includes('\0')
    ? value
    : problems.add(at, 'must be text of at most 4,096 characters');

const secretCommand = closed<{ command: readonly string[] }>({ command: list(argument, { min: 1, max: 64 }) }, [
  'command',
]);

const secret: Read<SecretSource> = (value, at, problems) => {
  if (value === 'stored' || value === 'ask') return value;
  if (isRecord(value) && 'env' in value) return environmentVariable(value, at, problems);
  if (isRecord(value) && 'command' in value) return secretCommand(value, at, problems);
  return problems.add(at, 'must be "stored", "ask", { "env": NAME } or { "command": [program, argument, …] }');
};

const draftFields: Fields<ConnectionDraft> = {
  id: text({
    max: 64,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    must: 'begin with a letter or digit and hold only letters, digits, ".", "_" and "-"',
  }),
  name: text({ max: 100, pattern: /\S/, must: 'hold a visible character' }),
  url: (value, at, problems) =>
    typeof value === 'string' && value.length <= 2000
      ? value
      : problems.add(at, 'must be text of at most 2,000 characters'),
  host,
  port,
  socketPath: text({
    max: 512,
    pattern: /^(?:\/|\\\\[.?]\\pipe\\)/,
    must: 'be an absolute path, such as /run/redis/redis.sock',
  }),
  db: number({ min: 0, max: 2 ** 31 - 1, whole: true }),
  username,
  tls,
  sentinel,
  cluster,
  ssh,
  environment: oneOf(['dev', 'staging', 'prod']),
  tags: list(text({ max: 40 }), { min: 0, max: 20 }),
  readOnly: flag,
  timeoutMs: number({ min: 100, max: 600_000, whole: true }),
  retry,
  delimiter: text({ max: 16 }),
  secret,
  undo: flag,
};

const draft = closed<ConnectionDraft>(draftFields, ['id', 'name']);

/** Where an entry stands; its `uid` is made from it (see identity.ts). */
export interface Place {
  readonly uid: string;
  readonly scope: ConnectionScope;
}

export type Validated =
  | { readonly ok: true; readonly draft: ConnectionDraft; readonly definition: ConnectionDefinition }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a hand-written entry of `cachify.connections`. Total: any JSON gives either the definition with its defaults
 * filled in, or every problem with its field. Unknown fields are problems; a secret in the entry is one too.
 */
export function validateConnection(entry: unknown, place: Place): Validated {
  const problems = new Problems();
  const read = draft(entry, '', problems);
  if (read === undefined) return { ok: false, problems: problems.found };
  const url = read.url === undefined ? {} : parseUrl(read.url, 'url', problems);
  if (url !== undefined) checkTogether(read, url, problems);
  if (url === undefined || problems.found.length > 0) return { ok: false, problems: problems.found };
  return { ok: true, draft: read, definition: withDefaults(read, url, place) };
}

/** Rules that concern more than one field. */
function checkTogether(read: ConnectionDraft, url: Partial<ParsedUrl>, problems: Problems): void {
  if (url.password !== undefined) {
    problems.add(
      'url',
      'must not hold a password: remove it, then use "Edit connection" to keep it in the secret storage',
    );
  }
  checkDestination(read, url, problems);
  checkTls(read.tls, 'tls', problems);
  checkTls(read.sentinel?.tls, 'sentinel.tls', problems);
  if (read.tls?.enabled === false && url.tls === true) {
    problems.add('tls.enabled', 'must not be false when the URL begins with rediss://');
  }
  if (usesTls(read.tls) && (read.socketPath ?? url.socketPath) !== undefined) {
    problems.add('tls', 'does not apply to a Unix socket');
  }
  if (read.cluster && (read.db ?? url.db ?? 0) !== 0) problems.add('db', 'must be 0 on a cluster');
}

function checkDestination(read: ConnectionDraft, url: Partial<ParsedUrl>, problems: Problems): void {
  const ways = (['url', 'host', 'socketPath', 'sentinel', 'cluster'] as const).filter(
    (field) => read[field] !== undefined,
  );
  const [first, second] = ways;
  if (first === undefined) problems.add('host', 'is missing: give host, url, socketPath, sentinel or cluster');
  if (second !== undefined) problems.add(second, `must not stand beside ${first}: both say where the server is`);
  if (read.port !== undefined && first !== undefined && first !== 'host') {
    problems.add('port', `must not stand beside ${first}`);
  }
  for (const field of ['db', 'username'] as const) {
    if (read[field] !== undefined && url[field] !== undefined && read[field] !== url[field]) {
      problems.add(field, 'must not differ from the one in the URL');
    }
  }
  if (url.username !== undefined) username(url.username, 'url', problems);
}

function checkTls(options: TlsOptions | undefined, at: string, problems: Problems): void {
  if ((options?.certFile === undefined) !== (options?.keyFile === undefined)) {
    const missing = options?.certFile === undefined ? 'certFile' : 'keyFile';
    problems.add(`${at}.${missing}`, 'is missing: a client certificate and its key go together');
  }
}

/** Naming any TLS option means that TLS is wanted. */
function usesTls(options: TlsOptions | undefined): boolean {
  return options !== undefined && options.enabled !== false;
}

function withDefaults(read: ConnectionDraft, url: Partial<ParsedUrl>, place: Place): ConnectionDefinition {
  const first = splitNode((read.sentinel ?? read.cluster)?.nodes[0] ?? '');
  const socketPath = read.socketPath ?? url.socketPath;
  const user = read.username ?? url.username;
  const environment = read.environment ?? 'unknown';
  return {
    uid: place.uid,
    id: read.id,
    name: read.name,
    scope: place.scope,
    host: read.host ?? url.host ?? first?.host ?? 'localhost',
    port: read.port ?? url.port ?? first?.port ?? 6379,
    ...(socketPath === undefined ? {} : { socketPath }),
    db: read.db ?? url.db ?? 0,
    ...(user === undefined ? {} : { username: user }),
    tls: {
      ...read.tls,
      enabled: usesTls(read.tls) || url.tls === true,
      rejectUnauthorized: read.tls?.rejectUnauthorized ?? true,
    },
    ...(read.sentinel === undefined ? {} : { sentinel: read.sentinel }),
    ...(read.cluster === undefined ? {} : { cluster: read.cluster }),
    ...(read.ssh === undefined ? {} : { ssh: read.ssh }),
    environment,
    tags: read.tags ?? [],
    readOnly: read.readOnly ?? (environment === 'prod' || environment === 'unknown'),
    timeoutMs: read.timeoutMs ?? 5000,
    retry: { maxAttempts: 0, backoffMs: 250, strategy: 'fixed', abortOnErrorRate: 1, ...read.retry },
    delimiter: read.delimiter ?? ':',
    secret: read.secret ?? 'stored',
    undo: read.undo ?? true,
  };
}

/** Every problem in one sentence each, for a tooltip or a message. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  return problems.map((problem) => `${problem.path === '' ? 'The entry' : problem.path} ${problem.rule}.`);
}

/** The problems of an entry as the failure that names the first field; `details.problems` has all of them. */
export function invalidConnection(problems: readonly Problem[]): Failure {
  return new Failure('VALIDATION_ERROR', `The connection is not usable. ${problemLines(problems).join(' ')}`, {
    details: { path: problems[0]?.path ?? '', problems },
    nextAction: 'Correct the entry in the setting cachify.connections.',
  });
}
