import type { Bytes } from '../bytes.ts';

export const slotCount = 16_384;

/** CRC-16/XMODEM (polynomial 0x1021, start 0), as the cluster specification asks. */
const crcTable: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The cluster slot (0..16,383) of a key: of the part between the first `{` and the next `}`, when there is any. */
export function slotOf(key: Bytes): number {
  const open = key.indexOf(0x7b);
  const close = open < 0 ? -1 : key.indexOf(0x7d, open + 1);
  const [from, to] = close > open + 1 ? [open + 1, close] : [0, key.length];
  let crc = 0;
  for (let at = from; at < to; at++) crc = ((crc << 8) & 0xffff) ^ (crcTable[(crc >> 8) ^ (key[at] ?? 0)] ?? 0);
  return crc % slotCount;
}
