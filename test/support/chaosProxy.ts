// A TCP proxy on 127.0.0.1 that misbehaves on demand and counts every byte.
import type { Socket } from 'node:net';
import { connectOnward, listenOnLoopback } from './loopback.ts';

export interface Chaos {
  /** Milliseconds that every chunk waits, each way. */
  latencyMs?: number;
  /** Replies travel in pieces of this many bytes. */
  sliceBytes?: number;
  /** Counts down with every byte of replies; at zero the client is reset, in the middle of whatever it is. */
  replyBytesLeft?: number;
  /** Replies are swallowed while the server still gets the requests. */
  dropReplies?: boolean;
  /** New connections are reset at once. */
  refuse?: boolean;
}

export interface ChaosProxy {
  readonly port: number;
  readonly chaos: Chaos;
  /** Bytes from clients to the server, and back, since the start. */
  readonly counted: { toServer: number; toClient: number; connections: number };
  /** Resets every open connection. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function startChaosProxy(targetPort: number, chaos: Chaos = {}): Promise<ChaosProxy> {
  const counted = { toServer: 0, toClient: 0, connections: 0 };

  function relay(client: Socket): void {
    counted.connections += 1;
    if (chaos.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = connectOnward(client, targetPort);
    client.on('data', (chunk: Buffer) => {
      counted.toServer += chunk.length;
      later(() => server.writable && server.write(chunk));
    });
    server.on('data', (chunk: Buffer) => {
      if (chaos.dropReplies) return;
      later(() => {
        const room = chaos.replyBytesLeft ?? Infinity;
        const part = chunk.subarray(0, Math.max(0, Math.min(chunk.length, room)));
        if (chaos.replyBytesLeft !== undefined) chaos.replyBytesLeft -= part.length;
        counted.toClient += part.length;
        const step = chaos.sliceBytes ?? Math.max(1, part.length);
        for (let at = 0; at < part.length; at += step) client.write(part.subarray(at, at + step));
        if (room <= chunk.length) client.resetAndDestroy();
      });
    });
  }

  function later(run: () => void): void {
    if (chaos.latencyMs) setTimeout(run, chaos.latencyMs);
    else run();
  }

  const { port, clients, close } = await listenOnLoopback(relay);
  const cutAll = (): void => {
    for (const client of clients) client.resetAndDestroy();
  };
  return {
    port,
    chaos,
    counted,
    cutAll,
    close() {
      cutAll();
      return close();
    },
  };
}
