// An sshd of its own for a test: a high port of 127.0.0.1, own keys and configuration. Clients find it by the names `jump`,
// `jump-without-key` and `jump-with-another-key`, as a person's ssh configuration would have them.
import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { ownFolder, removeFolder, spawnOwned, type Owned } from './processes.ts';
import { signalFamily } from './processTree.ts';
import { freePort } from './redisBox.ts';
import { waitFor } from './waiting.ts';

export interface SshServer {
  readonly port: number;
  /** The private key that the server lets in. */
  readonly key: string;
  /** Folder with an `ssh` that reads this server's client configuration; goes first into PATH. */
  readonly bin: string;
  /** Ends the server and every connection to it. */
  kill(): Promise<void>;
  /** Starts it again on the same port; with other host keys, as another machine in its place would have. */
  restart(options?: { readonly hostKey: 'same' | 'other' }): Promise<void>;
  stop(): Promise<void>;
}

const folders = ['/usr/sbin', '/usr/local/sbin', ...(process.env.PATH ?? '').split(delimiter)];

function programOf(name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Why no sshd can be run here, as words for a skipped test; undefined when one can. */
export function sshProblem(): string | undefined {
  if (programOf('sshd') === undefined || programOf('ssh') === undefined || programOf('ssh-keygen') === undefined) {
    return 'OpenSSH is not installed (Debian, Ubuntu: apt-get install openssh-server)';
  }
  if (process.getuid?.() !== 0 || existsSync('/run/sshd')) return undefined;
  try {
    // Started by root, sshd wants this empty folder; the system's own service makes it likewise.
    mkdirSync('/run/sshd', { mode: 0o755 });
    return undefined;
  } catch {
    return 'sshd wants the folder /run/sshd, which cannot be made here';
  }
}

function makeKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  return execFileSync('ssh-keygen', ['-y', '-f', path]).toString().trim();
}

/** Starts an sshd that lets the current user in with one key, for tunnels only. */
export async function startSshServer(): Promise<SshServer> {
  const dir = ownFolder('cachify-sshd-');
  const path = (name: string): string => join(dir, name);
  const port = await freePort();
  const hostKey = makeKey(path('host'));
  makeKey(path('other'));
  makeKey(path('stranger'));
  writeFileSync(path('authorized'), `restrict,port-forwarding ${makeKey(path('client'))}\n`, { mode: 0o600 });
  writeFileSync(path('known'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const configure = (key: string): void =>
    writeFileSync(
      path('sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${path(key)}`,
        `AuthorizedKeysFile ${path('authorized')}`,
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'UsePAM no',
        'StrictModes no',
        'PidFile none',
        'PermitRootLogin prohibit-password',
        'AllowTcpForwarding local',
        '',
      ].join('\n'),
    );
  writeFileSync(
    path('ssh_config'),
    [
      'Host jump',
      `  IdentityFile ${path('client')}`,
      'Host jump-with-another-key',
      `  IdentityFile ${path('stranger')}`,
      'Host jump-without-key',
      '  IdentityFile none',
      'Host *',
      '  HostName 127.0.0.1',
      `  Port ${port}`,
      `  User ${userInfo().username}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${path('known')}`,
      '  GlobalKnownHostsFile none',
      '  StrictHostKeyChecking yes',
      '',
    ].join('\n'),
  );
  const bin = path('bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec '${programOf('ssh')}' -F '${path('ssh_config')}' "$@"\n`);
  chmodSync(join(bin, 'ssh'), 0o755);

  let running: Owned | undefined;
  const start = async (key: string): Promise<void> => {
    configure(key);
    const server = await spawnOwned(programOf('sshd') ?? 'sshd', ['-D', '-e', '-f', path('sshd_config')], { cwd: dir });
    running = server;
    await waitFor('sshd to listen', 10_000, () => {
      if (server.child.exitCode !== null) throw new Error(`sshd ended: ${server.output()}`);
      return server.output().includes('Server listening');
    });
  };
  const kill = async (): Promise<void> => {
    if (running === undefined) return;
    // With the processes that serve its connections, which outlive it otherwise.
    signalFamily(running.pid, 'SIGKILL');
    await running.exited;
  };
  await start('host');
  return {
    port,
    key: path('client'),
    bin,
    kill,
    async restart({ hostKey: kind } = { hostKey: 'same' }) {
      await kill();
      await start(kind === 'same' ? 'host' : 'other');
    },
    async stop() {
      await kill();
      removeFolder(dir);
    },
  };
}
