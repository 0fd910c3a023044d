import type { Key } from './key.ts';

/** Redis's own type names, as `TYPE` answers; a module type (`ReJSON-RL`, …) is any other string. */
export type RedisType = 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream' | (string & {});

export interface KeyInfo {
  readonly key: Key;
  readonly type: RedisType;
  /** Milliseconds until expiry; null = never; absent = not asked for. */
  readonly ttlMs?: number | null;
}

/**
 * The value of a key. `value` is text for a string whose bytes are UTF-8, a `Uint8Array` for any other, else JSON
 * arrays with `JsonBytes` parts: list and set `[v]`, hash `[[field, value]]`, zset `[[member, "score"]]`, stream `[[id, [[field, value]]]]`.
 */
export interface KeyValue {
  readonly type: RedisType;
  readonly ttlMs: number | null;
  /** Size of the value in bytes: the string's length, or what was read of a collection. */
  readonly bytes: number;
  /** True when only the first `maxBytes` were read; such a value must not be written back. */
  readonly truncated: boolean;
  readonly value: unknown;
  /** SHA-256 (hex) of type and sorted content; empty when truncated, since nothing may be compared with it. */
  readonly version: string;
}

export interface SnapshotInfo {
  readonly id: string;
  readonly connectionId: string;
  readonly key: Key;
  readonly type: RedisType;
  readonly takenAt: string;
  /** Absolute expiry (UTC) that the key had, null when it had none. */
  readonly expiresAt: string | null;
  /** Size of the serialized value in bytes, before encryption. */
  readonly bytes: number;
  readonly reason: SnapshotReason;
  readonly runId?: string;
}

export type SnapshotReason = 'set' | 'delete' | 'rename' | 'restore' | 'workflow';
