import type { RedisCommand } from '../../domain/redis/command.ts';

/** Room for a line of one number: its mark, up to ten digits, and the line end. */
const lineBytes = 13;
/** Below this, copying in a loop is quicker than a call into the runtime. */
const shortBytes = 48;

/** Commands as RESP2 arrays of bulk strings in one buffer: no byte of an argument can end its command. */
export function encodeCommands(commands: readonly RedisCommand[]): Buffer {
  let most = 0;
  for (const command of commands) {
    most += lineBytes;
    for (const argument of command)
      most += lineBytes + 2 + (typeof argument === 'string' ? mostBytes(argument) : argument.length);
  }
  const out = Buffer.allocUnsafe(most);
  let at = 0;
  for (const command of commands) {
    at = writeLine(out, at, 0x2a, command.length);
    for (const argument of command) {
      at = typeof argument === 'string' ? writeText(out, at, argument) : writeBytes(out, at, argument);
      out[at++] = 0x0d;
      out[at++] = 0x0a;
    }
  }
  return out.subarray(0, at);
}

/** A mark, a number and a line end; where the next byte goes. */
function writeLine(out: Buffer, from: number, mark: number, number: number): number {
  let digits = 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  out[from] = mark;
  for (let place = from + digits, rest = number; place > from; place--) {
    const shorter = Math.floor(rest / 10);
    out[place] = 0x30 + rest - shorter * 10;
    rest = shorter;
  }
  const end = from + 1 + digits;
  out[end] = 0x0d;
  out[end + 1] = 0x0a;
  return end + 2;
}

/** A UTF-16 unit takes three bytes at most. */
function mostBytes(text: string): number {
  return text.length > shortBytes ? Buffer.byteLength(text) : text.length * 3;
}

function writeText(out: Buffer, from: number, text: string): number {
  if (!isShortAscii(text)) {
    const start = writeLine(out, from, 0x24, Buffer.byteLength(text));
    return start + out.write(text, start, 'utf8');
  }
  const start = writeLine(out, from, 0x24, text.length);
  for (let place = 0; place < text.length; place++) out[start + place] = text.charCodeAt(place);
  return start + text.length;
}

function isShortAscii(text: string): boolean {
  if (text.length > shortBytes) return false;
  for (let place = 0; place < text.length; place++) if (text.charCodeAt(place) > 0x7f) return false;
  return true;
}

function writeBytes(out: Buffer, from: number, bytes: Uint8Array): number {
  const start = writeLine(out, from, 0x24, bytes.length);
  if (bytes.length > shortBytes) out.set(bytes, start);
  else for (let place = 0; place < bytes.length; place++) out[start + place] = bytes[place] ?? 0;
  return start + bytes.length;
}
