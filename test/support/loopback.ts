// Listeners of tests: on 127.0.0.1 alone, on a port that is free.
import { connect, createServer, type Socket } from 'node:net';

export interface Loopback {
  readonly port: number;
  /** Those that are connected now. */
  readonly clients: ReadonlySet<Socket>;
  /** Ends what is connected, and listens no more. */
  readonly close: () => Promise<void>;
}

/** Hands each client that connects to `serve`. */
export async function listenOnLoopback(serve: (client: Socket) => void): Promise<Loopback> {
  const clients = new Set<Socket>();
  const listener = createServer((client) => {
    clients.add(client);
    client.on('error', () => client.destroy()).on('close', () => clients.delete(client));
    serve(client);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    clients,
    close() {
      for (const client of clients) client.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

/** Connects a client onward to a server on this machine: when either side ends, so does the other. */
export function connectOnward(client: Socket, port: number): Socket {
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  client.setNoDelay(true);
  const end = (): void => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on('error', end).on('close', end);
  return server;
}
