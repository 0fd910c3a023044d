import type { Bytes } from '../bytes.ts';

const perLine = 16;

/** Offset, bytes in hex, and printable ASCII, 16 bytes per line. */
export function hexDump(bytes: Bytes): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += perLine) {
    const row = Array.from(bytes.subarray(at, at + perLine));
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'));
    const left = hex.slice(0, 8).join(' ').padEnd(23);
    const right = hex.slice(8).join(' ').padEnd(23);
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    text += `${at.toString(16).padStart(8, '0')}  ${left}  ${right}  ${ascii}\n`;
  }
  return text;
}
