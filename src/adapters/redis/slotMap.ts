import { textOf } from '../../domain/bytes.ts';
import type { RedisReply } from '../../domain/redis/command.ts';
import { slotCount } from '../../domain/redis/slot.ts';
import type { HostPort } from './redirects.ts';

/** A master and the slots that it serves. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly master: HostPort;
}

/**
 * Reads `CLUSTER SLOTS`: start, end, then nodes (host, port, id, …), the master first. An empty host means the node
 * that was asked. Ranges that make no sense are left out; null when the answer is none at all.
 */
export function slotRangesOf(reply: RedisReply, asked: HostPort): readonly SlotRange[] | null {
  if (!Array.isArray(reply)) return null;
  const ranges: SlotRange[] = [];
  for (const row of (reply as readonly RedisReply[]).slice(0, slotCount)) {
    if (!Array.isArray(row)) return null;
    const [from, to, master] = row as readonly RedisReply[];
    const node = Array.isArray(master) ? (master as readonly RedisReply[]) : [];
    const [host, port] = node;
    if (typeof from !== 'number' || typeof to !== 'number' || typeof port !== 'number') return null;
    if (from < 0 || to >= slotCount || from > to || port < 1 || port > 65_535) return null;
    const name = host instanceof Uint8Array ? textOf(host) : '';
    if (name === null) return null;
    ranges.push({ from, to, master: { host: name === '' || name === '?' ? asked.host : name, port } });
  }
  return ranges;
}

/** `MOVED 3999 127.0.0.1:6381` or `ASK …`; null when it is neither. The host may be empty: the node that said it. */
export function redirectOf(
  message: string,
): { kind: 'MOVED' | 'ASK'; slot: number; host: string; port: number } | null {
  const match = /^(MOVED|ASK) (\d{1,5}) (\S{0,253}):(\d{1,5})$/.exec(message.trim());
  if (match === null) return null;
  const [, kind, slot, host = '', port] = match;
  if (Number(slot) >= slotCount || Number(port) < 1 || Number(port) > 65_535) return null;
  return {
    kind: kind === 'ASK' ? 'ASK' : 'MOVED',
    slot: Number(slot),
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
  };
}
