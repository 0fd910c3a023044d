// A real redis-server of its own for a test: free port (or Unix socket), temporary folder, gone when the run ends.
import { execFile, type ExecFileOptionsWithBufferEncoding } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ownFolder, removeFolder, spawnOwned, type Owned } from './processes.ts';
import { waitFor } from './waiting.ts';

export interface RedisBoxOptions {
  /** Further arguments of redis-server, for example `['--maxmemory', '64mb']`. */
  readonly args?: readonly string[];
  /** Password of the default user. */
  readonly password?: string;
  /** Listens on a Unix socket only. */
  readonly socket?: boolean;
  /** Paths of PEM files; the server then speaks TLS only. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** A fixed port, for a server that has to come back where another one was. Default: a free one. */
  readonly port?: number;
}

export interface RedisBox {
  readonly host: string;
  /** 0 when the box listens on a Unix socket only. */
  readonly port: number;
  readonly socketPath: string | undefined;
  /** `redis://`, `rediss://` or `redis+unix://` address, with the password. */
  readonly url: string;
  /** The server's working folder. */
  readonly dir: string;
  readonly pid: number;
  /** Runs redis-cli and gives its output without the final line end; rejects when the command fails. */
  cli(...args: string[]): Promise<string>;
  /** The same for bytes, which reach the server unchanged; at most about 30 KB per argument. */
  cliBytes(...args: (string | Uint8Array)[]): Promise<Buffer>;
  /** Freezes the server (SIGSTOP): its sockets stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** SIGKILL, as a crash would. The port stays reserved for `restart`. */
  kill(): Promise<void>;
  /** Starts the server again on the same address (after `kill`, or in place of the running one). */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('No free port'));
      });
    });
  });
}

const READY = /ready to accept connections|Sentinel ID is/i;

interface Address {
  readonly port: number;
  readonly socketPath: string | undefined;
}

function serverArguments(dir: string, address: Address, options: RedisBoxOptions): string[] {
  const args = ['--dir', dir, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1', '--daemonize', 'no'];
  if (address.socketPath) args.push('--port', '0', '--unixsocket', address.socketPath);
  else if (options.tls) args.push('--port', '0', '--tls-port', String(address.port));
  else args.push('--port', String(address.port));
  if (options.tls) {
    args.push('--tls-cert-file', options.tls.cert, '--tls-key-file', options.tls.key);
    args.push('--tls-ca-cert-file', options.tls.ca, '--tls-auth-clients', 'no');
  }
  if (options.password) args.push('--requirepass', options.password);
  return [...args, ...(options.args ?? [])];
}

function cliArguments(address: Address, options: RedisBoxOptions): string[] {
  if (address.socketPath) return ['-e', '-s', address.socketPath];
  const args = ['-e', '-h', '127.0.0.1', '-p', String(address.port)];
  return options.tls ? [...args, '--tls', '--cacert', options.tls.ca] : args;
}

function addressUrl(address: Address, options: RedisBoxOptions): string {
  const login = options.password ? `:${encodeURIComponent(options.password)}@` : '';
  if (address.socketPath) return `redis+unix://${login}${address.socketPath}`;
  return `${options.tls ? 'rediss' : 'redis'}://${login}127.0.0.1:${address.port}`;
}

function runCli(args: readonly string[], password: string | undefined): Promise<Buffer> {
  const settings: ExecFileOptionsWithBufferEncoding = {
    encoding: 'buffer',
    timeout: 30_000,
    maxBuffer: 1 << 30,
    env: { ...process.env, ...(password ? { REDISCLI_AUTH: password } : {}) },
  };
  return new Promise((resolve, reject) => {
    execFile('redis-cli', [...args], settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const said = `${stderr.toString('utf8')}${stdout.toString('utf8')}`.trim();
      reject(new Error(`redis-cli: ${said || error.message}`, { cause: error }));
    });
  });
}

/** Writes an argument the way `redis-cli --quoted-input` reads it. */
function quoted(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return `"${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
}

async function launch(dir: string, address: Address, options: RedisBoxOptions): Promise<Owned> {
  const server = await spawnOwned('redis-server', serverArguments(dir, address, options), { cwd: dir });
  let ended = false;
  void server.exited.then(() => (ended = true));
  try {
    // Its log, not a PING: another server may answer on a port that was taken meanwhile.
    await waitFor('redis-server to be ready', 15_000, () => ended || READY.test(server.output()), 10);
  } catch (error) {
    await server.stop(0);
    throw error;
  }
  if (ended) throw new Error(`redis-server ended at once:\n${server.output()}`);
  return server;
}

async function launchOnFreeAddress(
  dir: string,
  options: RedisBoxOptions,
): Promise<{ server: Owned; address: Address }> {
  for (let attempt = 1; ; attempt += 1) {
    const address: Address = options.socket
      ? { port: 0, socketPath: join(dir, 'redis.sock') }
      : { port: options.port ?? (await freePort()), socketPath: undefined };
    try {
      return { server: await launch(dir, address, options), address };
    } catch (error) {
      const taken = error instanceof Error && /Address already in use/i.test(error.message);
      if (!taken || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

/** Starts a redis-server and resolves when it answers. Stop it in `after`; a run that dies takes it along anyway. */
export async function startRedis(options: RedisBoxOptions = {}): Promise<RedisBox> {
  const dir = ownFolder('cachify-redis-');
  const started = await launchOnFreeAddress(dir, options);
  const address = started.address;
  let server = started.server;
  return {
    host: '127.0.0.1',
    port: address.port,
    socketPath: address.socketPath,
    url: addressUrl(address, options),
    dir,
    get pid() {
      return server.pid;
    },
    async cli(...args) {
      const output = await runCli([...cliArguments(address, options), ...args], options.password);
      return output.toString('utf8').replace(/\n$/, '');
    },
    async cliBytes(...args) {
      const all = [...cliArguments(address, options), '--quoted-input', ...args.map(quoted)];
      const output = await runCli(all, options.password);
      return output.at(-1) === 0x0a ? output.subarray(0, -1) : output;
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async kill() {
      server.signal('SIGKILL');
      await server.exited;
    },
    async restart() {
      await server.stop();
      server = await launch(dir, address, options);
    },
    async stop() {
      await server.stop();
      removeFolder(dir);
    },
  };
}
