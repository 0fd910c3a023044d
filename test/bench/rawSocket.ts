// What a careful programmer writes against a socket when nothing else matters: the limit that bulk work is held against.
import { connect, type Socket } from 'node:net';

export async function openRaw(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** Walks the keyspace: one SCAN after another, names as views on the reply, none decoded. Gives the number of keys. */
export function rawScan(socket: Socket, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    let total = 0;
    const ask = (cursor: string): void => {
      socket.write(
        `*4\r\n$4\r\nSCAN\r\n$${cursor.length}\r\n${cursor}\r\n$5\r\nCOUNT\r\n$${String(count).length}\r\n${count}\r\n`,
      );
    };
    const onData = (chunk: Buffer): void => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      // A page ends with a line end; only then is it worth looking whether it is whole.
      if (held[held.length - 1] !== 0x0a) return;
      const page = readPage(held);
      if (page === null) return;
      held = Buffer.alloc(0);
      total += page.keys.length;
      if (page.cursor !== '0') return ask(page.cursor);
      socket.off('data', onData);
      resolve(total);
    };
    socket.on('data', onData);
    socket.once('error', reject);
    ask('0');
  });
}

function readPage(bytes: Buffer): { cursor: string; keys: Buffer[] } | null {
  let at = 4;
  const line = (): number => {
    const end = bytes.indexOf(0x0d, at);
    if (end < 0) throw new RangeError('cut');
    let value = 0;
    for (let i = at + 1; i < end; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
    at = end + 2;
    return value;
  };
  const cursorLength = line();
  const cursor = bytes.toString('latin1', at, at + cursorLength);
  at += cursorLength + 2;
  if (at >= bytes.length) return null;
  const count = line();
  const keys: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    if (at >= bytes.length) return null;
    const length = line();
    if (at + length + 2 > bytes.length) return null;
    keys.push(bytes.subarray(at, at + length));
    at += length + 2;
  }
  return { cursor, keys };
}

export interface RawColumns {
  readonly types: string[];
  readonly ttlMs: number[];
  readonly memoryBytes: number[];
}

/** TYPE, PTTL and MEMORY USAGE in batches of `batch` keys, two in flight. */
export function rawDescribe(socket: Socket, keys: readonly Buffer[], batch: number): Promise<RawColumns> {
  return new Promise((resolve, reject) => {
    const columns: RawColumns = { types: [], ttlMs: [], memoryBytes: [] };
    let sent = 0;
    let answers = 0;
    let rest = '';
    const send = (): void => {
      const parts: Buffer[] = [];
      for (const key of keys.slice(sent, sent + batch)) {
        const tail = Buffer.concat([Buffer.from(`$${key.length}\r\n`), key, Buffer.from('\r\n')]);
        parts.push(Buffer.from('*2\r\n$4\r\nTYPE\r\n'), tail, Buffer.from('*2\r\n$4\r\nPTTL\r\n'), tail);
        parts.push(Buffer.from('*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n'), tail);
      }
      sent += Math.min(batch, keys.length - sent);
      socket.write(Buffer.concat(parts));
    };
    const onData = (chunk: Buffer): void => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const value = line.slice(1);
        if (answers % 3 === 0) columns.types.push(value);
        else (answers % 3 === 1 ? columns.ttlMs : columns.memoryBytes).push(Number(value));
        answers += 1;
        if (answers % (3 * batch) === 0 && sent < keys.length) send();
      }
      if (answers < keys.length * 3) return;
      socket.off('data', onData);
      resolve(columns);
    };
    socket.on('data', onData);
    socket.once('error', reject);
    send();
    if (sent < keys.length) send();
  });
}
