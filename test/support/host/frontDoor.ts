// The address that a page talks to: passes everything on to the VS Code server and answers `/mint-key`, without which the
// workbench in a page forgets its secrets at every reload.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface FrontDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Half of the key that encrypts secrets in the page's storage: the same in each run, since nothing real is kept there. */
const PAGE_KEY = Buffer.alloc(32, 7);

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  const onward = request(
    { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

function passSocketOn(incoming: IncomingMessage, socket: Duplex, head: Buffer, port: number): void {
  const onward = connect(port, '127.0.0.1', () => {
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let i = 0; i < incoming.rawHeaders.length; i += 2)
      lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
    onward.write(`${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket);
    socket.pipe(onward);
  });
  const end = (): void => {
    onward.destroy();
    socket.destroy();
  };
  for (const side of [onward, socket]) side.on('error', end).on('close', end);
}

/** Opens a door on a free port of 127.0.0.1 to the server on `serverPort`. */
export function openFrontDoor(serverPort: number, port = 0): Promise<FrontDoor> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST' && incoming.url?.startsWith('/mint-key')) {
      incoming.resume();
      outgoing.writeHead(200, { 'content-type': 'application/octet-stream' }).end(PAGE_KEY);
      return;
    }
    passOn(incoming, outgoing, serverPort);
  });
  server.on('upgrade', (incoming, socket, head) => passSocketOn(incoming, socket, head, serverPort));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: address && typeof address === 'object' ? address.port : port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}
