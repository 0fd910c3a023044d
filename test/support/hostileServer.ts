// A listener that answers Redis clients with whatever a test wants, and remembers what it was told.
import type { Socket } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

/** Answers one command; bytes are sent as they are, null sends nothing, a function may stream. */
export type Answer = (command: readonly string[], socket: Socket) => string | Buffer | null;

export interface HostileServer {
  readonly port: number;
  /** Everything that any client sent. */
  readonly received: Buffer[];
  readonly connections: number;
  close(): Promise<void>;
}

/** Splits pipelined commands (arrays of bulk strings, ASCII) as far as they are complete. */
function takeCommands(held: string): { commands: string[][]; rest: string } {
  const commands: string[][] = [];
  let at = 0;
  for (;;) {
    const head = /^\*(\d+)\r\n/.exec(held.slice(at, at + 32));
    if (!head) break;
    let p = at + head[0].length;
    const parts: string[] = [];
    for (let i = 0; i < Number(head[1]); i++) {
      const size = /^\$(\d+)\r\n/.exec(held.slice(p, p + 32));
      if (!size) return { commands, rest: held.slice(at) };
      p += size[0].length;
      const length = Number(size[1]);
      if (held.length < p + length + 2) return { commands, rest: held.slice(at) };
      parts.push(held.slice(p, p + length));
      p += length + 2;
    }
    commands.push(parts);
    at = p;
  }
  return { commands, rest: held.slice(at) };
}

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** What an honest, empty server would answer to a handshake; everything else is left to the test. */
export function politely(answer: Answer): Answer {
  return (command, socket) => {
    const line = command.join(' ').toUpperCase();
    if (line === 'PING') return '+PONG\r\n';
    if (/^(AUTH|SELECT|CLIENT SETNAME|CLIENT NO-TOUCH)/.test(line)) return '+OK\r\n';
    if (line === 'ACL WHOAMI') return bulk('default');
    if (line === 'CLIENT INFO') return bulk('db=0');
    if (line === 'INFO SERVER') return bulk('redis_version:7.0.15\r\nrun_id:abc\r\n');
    if (line === 'INFO REPLICATION') return bulk('role:master\r\n');
    if (line === 'ROLE') return '*1\r\n$6\r\nmaster\r\n';
    if (line === 'COMMAND') return '*0\r\n';
    return answer(command, socket);
  };
}

export async function startHostileServer(answer: Answer): Promise<HostileServer> {
  const received: Buffer[] = [];
  let connections = 0;
  const { port, close } = await listenOnLoopback((socket) => {
    connections += 1;
    let held = '';
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      const taken = takeCommands(held + chunk.toString('latin1'));
      held = taken.rest;
      for (const command of taken.commands) {
        const reply = answer(command, socket);
        if (reply !== null && socket.writable) socket.write(reply);
      }
    });
  });
  return {
    port,
    received,
    get connections() {
      return connections;
    },
    close,
  };
}
