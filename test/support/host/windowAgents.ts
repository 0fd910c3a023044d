// A test's hands inside the extension hosts of several windows: see hostAgent.ts.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { ownFolder } from '../processes.ts';
import { projectRoot } from '../root.ts';
import { waitFor, within } from '../waiting.ts';
import type { AgentMessage, AgentRequest } from './hostAgent.ts';

const CALL_LIMIT_MS = 60_000;
const HELLO_LIMIT_MS = 120_000;

/** One extension host that has said hello. */
export class WindowAgent {
  readonly pid: number;
  readonly folder: string;
  /** Names of writes that were tried, and those that were acknowledged. */
  readonly tried = new Set<string>();
  readonly acknowledged = new Set<string>();
  private readonly socket: Socket;
  private readonly waiting = new Map<number, (message: AgentMessage) => void>();
  private lastId = 0;
  /** What ended a stream of writes before its host did. */
  failure: string | undefined;

  constructor(socket: Socket, pid: number, folder: string) {
    this.socket = socket;
    this.pid = pid;
    this.folder = folder;
  }

  /** Calls a method of the API there, for example `workflows.templates`. Rejects with its failure's message and `code`. */
  async call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.lastId;
    const answer = new Promise<AgentMessage>((resolve) => this.waiting.set(id, resolve));
    this.send({ id, kind: 'call', method, args });
    const message = await within(`${method} in ${this.folder}`, CALL_LIMIT_MS, answer);
    if ('error' in message) throw Object.assign(new Error(message.error.message), { code: message.error.code });
    return ('value' in message ? message.value : undefined) as T;
  }

  /** Lets the host write on and on from a number, until it ends. */
  startWrites(from: number, connectionId: string): void {
    this.send({ id: ++this.lastId, kind: 'writes', from, connectionId });
  }

  receive(message: AgentMessage): void {
    if ('write' in message) {
      const { name, acknowledged } = message.write;
      (acknowledged ? this.acknowledged : this.tried).add(name);
    } else if ('id' in message) {
      if ('error' in message && !this.waiting.has(message.id)) this.failure = message.error.message;
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    }
  }

  private send(request: AgentRequest): void {
    this.socket.write(`${JSON.stringify(request)}\n`);
  }
}

/** Listens for the agents of windows. */
export class WindowAgents {
  readonly port: number;
  /** Module that the windows load as `extensionTestsPath`. */
  readonly entry: string;
  private readonly agents: WindowAgent[] = [];
  private readonly server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, entry: string) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    this.entry = entry;
    server.on('connection', (socket) => this.greet(socket));
  }

  static async listen(): Promise<WindowAgents> {
    const entry = join(ownFolder('cachify-agent-'), 'agent.js');
    await build({
      entryPoints: [join(projectRoot(), 'test/support/host/hostAgent.ts')],
      outfile: entry,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      external: ['vscode'],
      logLevel: 'warning',
    });
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WindowAgents(server, entry);
  }

  /** The agent of the newest host of a folder that is none of `earlier`. */
  of(folder: string, earlier: readonly WindowAgent[] = []): Promise<WindowAgent> {
    return waitFor(`the extension host of ${folder}`, HELLO_LIMIT_MS, () =>
      this.agents.findLast((agent) => agent.folder === folder && !earlier.includes(agent)),
    );
  }

  close(): void {
    this.server.close();
  }

  private greet(socket: Socket): void {
    let agent: WindowAgent | undefined;
    // A host that is killed takes its end of the connection with it.
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket })
      .on('line', (line) => {
        const message = JSON.parse(line) as AgentMessage;
        if ('hello' in message) {
          agent = new WindowAgent(socket, message.hello.pid, message.hello.folder);
          this.agents.push(agent);
        } else agent?.receive(message);
      })
      .on('error', () => socket.destroy());
  }
}
