import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display, displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import type { Endpoint } from './endpoint.ts';

type Ssh = NonNullable<ConnectionDefinition['ssh']>;

/**
 * Arguments of `ssh` for a tunnel from `near` on this computer to `target` as the jump host sees it. Host keys, jump hosts and
 * agents are the user's own ssh configuration; nothing is asked interactively, and nothing follows `--`.
 */
export function sshArguments(ssh: Ssh, near: Endpoint, target: Endpoint): readonly string[] {
  return [
    '-N',
    '-T',
    '-o',
    'BatchMode=yes',
    '-o',
    'ExitOnForwardFailure=yes',
    '-o',
    'ServerAliveInterval=15',
    '-o',
    'ServerAliveCountMax=3',
    '-L',
    `${place(near)}:${place(target)}`,
    ...(ssh.port === undefined ? [] : ['-p', String(ssh.port)]),
    ...(ssh.user === undefined ? [] : ['-l', ssh.user]),
    ...(ssh.identityFile === undefined ? [] : ['-i', ssh.identityFile]),
    '--',
    ssh.host,
  ];
}

function place(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return endpoint.path;
  return `${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}

/**
 * Where the near end listens: a socket in a folder of this user alone, so that nobody else on the computer uses the
 * tunnel or takes its place. Windows has TCP only.
 */
async function nearEnd(): Promise<{ endpoint: Endpoint; remove(): void }> {
  if (process.platform !== 'win32') {
    const folder = await mkdtemp(join(tmpdir(), 'cachify-ssh-'));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    return { endpoint: { kind: 'unix', path: join(folder, 's') }, remove };
  }
  const port = await new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
  return { endpoint: { kind: 'tcp', host: '127.0.0.1', port }, remove: () => undefined };
}

function accepts(endpoint: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = endpoint.kind === 'unix' ? connect(endpoint.path) : connect(endpoint.port, endpoint.host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const maxComplaint = 4096;

/** A running `ssh -L`, owned by one connection and ended with it, by its process. */
export class SshTunnel {
  private readonly ssh: Ssh;
  private readonly target: Endpoint;
  private readonly command: string;
  private process: ChildProcess | undefined;
  private opening: Promise<Endpoint> | undefined;
  private closed = false;

  constructor(ssh: Ssh, target: Endpoint, command = 'ssh') {
    this.ssh = ssh;
    this.target = target;
    this.command = command;
  }

  /** The tunnel's near end; starts the tunnel, or starts it again when it has ended. */
  open(timeoutMs: number, signal?: AbortSignal): Promise<Endpoint> {
    this.opening ??= this.start(timeoutMs, signal).catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  close(): void {
    this.closed = true;
    this.process?.kill('SIGTERM');
  }

  private async start(timeoutMs: number, signal?: AbortSignal): Promise<Endpoint> {
    const end = performance.now() + timeoutMs;
    const near = await nearEnd();
    let complaint = '';
    const run: { ended?: 'missing' | 'failed' | 'exited' } = {};
    const over = (): boolean => run.ended !== undefined || this.closed || signal?.aborted === true;
    const child = spawn(this.command, sshArguments(this.ssh, near.endpoint, this.target), {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process = child;
    child.stderr.on(
      'data',
      (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(0, maxComplaint)),
    );
    child.once('error', (error: NodeJS.ErrnoException) => (run.ended = error.code === 'ENOENT' ? 'missing' : 'failed'));
    child.once('exit', () => {
      run.ended ??= 'exited';
      this.opening = undefined;
      near.remove();
    });
    while (!over() && performance.now() < end) {
      if (await accepts(near.endpoint)) return near.endpoint;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    child.kill('SIGTERM');
    near.remove();
    if (signal?.aborted === true || this.closed) throw new Failure('CANCELLED', 'Connecting was cancelled.');
    throw this.failure(run.ended, complaint);
  }

  private failure(ended: string | undefined, complaint: string): Failure {
    const host = display(this.ssh.host);
    if (ended === 'missing') {
      return new Failure('NOT_SUPPORTED', 'There is no ssh program on this computer, so no tunnel could be opened.', {
        nextAction: 'Install OpenSSH, or connect without ssh.',
      });
    }
    const last = complaint.trim().split('\n').at(-1)?.trim() ?? '';
    const said = last === '' ? '' : ` ssh said: ${displayShort(last, 200)}`;
    if (ended === undefined) {
      return new Failure('TIMEOUT', `The ssh tunnel through ${host} did not open in time.${said}`, {
        retryable: true,
        details: { trouble: 'ssh' },
        nextAction: `Try \`ssh ${host}\` in a terminal, or raise timeoutMs.`,
      });
    }
    return new Failure('CONNECTION_FAILED', `The ssh tunnel through ${host} could not be opened.${said}`, {
      retryable: true,
      details: { trouble: 'ssh' },
      nextAction: `Try \`ssh ${host}\` in a terminal; host keys and passphrases are asked for there, not here.`,
    });
  }
}
