import type { Bytes } from '../bytes.ts';

/** An RDB version that every server since 2.6 accepts. */
const rdbVersion = 6;

/** Reflected polynomial of the CRC-64 that Redis uses (Jones). */
const polynomial = 0x95ac9329ac4bc9b5n;

const table: readonly bigint[] = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  return crc;
});

export function crc64(bytes: Bytes): bigint {
  let crc = 0n;
  for (const byte of bytes) crc = (table[Number((crc ^ BigInt(byte)) & 0xffn)] ?? 0n) ^ (crc >> 8n);
  return crc;
}

function lengthPrefix(length: number): number[] {
  if (length < 64) return [length];
  if (length < 16_384) return [0x40 | (length >> 8), length & 0xff];
  return [0x80, (length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
}

/** What `DUMP` answers for a string with this value, uncompressed: `RESTORE` takes it on any server. Up to 4 GiB. */
export function stringDump(value: Bytes): Bytes {
  const prefix = lengthPrefix(value.length);
  const bytes = new Uint8Array(1 + prefix.length + value.length + 10);
  bytes.set(prefix, 1);
  bytes.set(value, 1 + prefix.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(bytes.length - 10, rdbVersion, true);
  view.setBigUint64(bytes.length - 8, crc64(bytes.subarray(0, -8)), true);
  return bytes;
}
