import { textOf, utf8, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import { Failure, isFailure, validationFailure } from '../../domain/failure.ts';
import { formatBytes } from '../../domain/format.ts';
import type { Content } from '../../domain/keys/content.ts';
import { textOfContent } from '../../domain/keys/documentText.ts';
import { keyOf } from '../../domain/keys/key.ts';
import type { SnapshotInfo, SnapshotReason } from '../../domain/keys/types.ts';
import { isoTime } from '../ports/clock.ts';
import type { Cipher } from '../ports/environment.ts';
import type { StoredKeySnapshot } from '../ports/stores.ts';
import type { KeysParts } from './parts.ts';

/** One value larger than this is not kept: it would have to pass through memory several times. */
export const maxSnapshotBytes = 64 << 20;

/** A value as it was before a write. */
export interface PreviousValue {
  readonly key: Bytes;
  readonly type: string;
  readonly dump: Bytes;
  /** Absolute, by the server's clock, milliseconds since the epoch; null = never. */
  readonly expiresAtMs: number | null;
  /** Small values also keep their content, so that they can be compared: DUMP is opaque. */
  readonly content?: Content;
}

/** What a person confirms when a write cannot be undone. */
export function confirmationWithoutUndo(definition: ConnectionDefinition): string {
  return `${definition.name} without undo`;
}

/** What the gate's own guardrail asks for is part of it. */
export function guardConfirmation(definition: ConnectionDefinition, confirm: string | undefined): { confirm?: string } {
  if (confirm === undefined) return {};
  return { confirm: confirm === confirmationWithoutUndo(definition) ? definition.name : confirm };
}

/**
 * Whether the previous value is to be kept before a write. Rejects with BLOCKED, naming what to confirm, when `bytes`
 * (an estimate before the value was read, the exact size after) go beyond the budget.
 */
export async function shouldKeep(
  parts: KeysParts,
  definition: ConnectionDefinition,
  bytes: number,
  confirm: string | undefined,
): Promise<boolean> {
  if (!definition.undo) return false;
  const budget = parts.settings.number('keys.snapshotBudgetMb') * (1 << 20);
  const left = Math.max(0, budget - (await parts.snapshots.usedBytes()));
  if (bytes <= Math.min(left, maxSnapshotBytes)) {
    // Where there is no keyring this asks for a passphrase: here, and not while a transaction waits.
    await parts.cipher.seal(new Uint8Array(0), 'key-snapshot');
    return true;
  }
  if (confirm === confirmationWithoutUndo(definition)) return false;
  throw new Failure('BLOCKED', overBudget(bytes, left, budget), {
    details: { confirm: confirmationWithoutUndo(definition), bytes, leftBytes: left },
    nextAction: `Confirm to go on without undo, or purge key snapshots in the Storage panel, or raise cachify.keys.snapshotBudgetMb.`,
  });
}

/**
 * Runs a write with `keep` as `shouldKeep` says. A value that turns out far larger than its estimate, which the server
 * makes from a few elements, cannot be read to be kept: then the same is to be confirmed as for one over budget.
 */
export async function keepingIfPossible<T>(
  parts: KeysParts,
  definition: ConnectionDefinition,
  previous: { readonly bytes: number; readonly confirm: string | undefined },
  run: (keep: boolean) => Promise<T>,
): Promise<T> {
  const { bytes, confirm } = previous;
  const keep = await shouldKeep(parts, definition, bytes, confirm);
  try {
    return await run(keep);
  } catch (error) {
    if (!keep || !isOverReplyBudget(error)) throw error;
    const required = confirmationWithoutUndo(definition);
    if (confirm === required) return run(false);
    const most = formatBytes(maxSnapshotBytes);
    throw new Failure(
      'BLOCKED',
      `This cannot be undone: the value takes more than ${most}, and such values are not kept. Nothing was changed.`,
      { details: { confirm: required }, nextAction: 'Confirm to go on without undo.' },
    );
  }
}

/** Whether the gate cut a connection because more came than was to be expected. */
export function isOverReplyBudget(error: unknown): boolean {
  return isFailure(error, 'BLOCKED') && error.details?.['rule'] === 'replyBytes';
}

function overBudget(bytes: number, left: number, budget: number): string {
  const reason =
    bytes > maxSnapshotBytes && bytes <= left
      ? `previous values over ${formatBytes(maxSnapshotBytes)} are not kept`
      : `${formatBytes(left)} of the ${formatBytes(budget)} for previous values are left`;
  return `This cannot be undone: the value takes about ${formatBytes(bytes)}, and ${reason}. Nothing was changed.`;
}

/** Keeps previous values; durable when it resolves. */
export type Keep = (values: readonly PreviousValue[]) => Promise<void>;

/**
 * Runs a write that keeps previous values before it changes them. When the write certainly did not happen, what was
 * kept for it is dropped again; an unknown outcome keeps it.
 */
export async function withSnapshots<T>(
  parts: KeysParts,
  definition: ConnectionDefinition,
  options: { readonly reason: SnapshotReason; readonly confirm: string | undefined },
  run: (keep: Keep) => Promise<T>,
): Promise<{ readonly result: T; readonly snapshotIds: string[] }> {
  const snapshotIds: string[] = [];
  const keep: Keep = async (values) => {
    const bytes = values.reduce((sum, { dump }) => sum + dump.length, 0);
    if (values.length === 0 || !(await shouldKeep(parts, definition, bytes, options.confirm))) return;
    snapshotIds.push(...(await keepSnapshots(parts, definition, values, options.reason)));
  };
  try {
    return { result: await run(keep), snapshotIds };
  } catch (error) {
    if (snapshotIds.length > 0 && !isFailure(error, 'OUTCOME_UNKNOWN')) await parts.snapshots.remove(snapshotIds);
    throw error;
  }
}

/** Encrypts and stores; returns the ids in the same order. */
async function keepSnapshots(
  parts: KeysParts,
  definition: ConnectionDefinition,
  values: readonly PreviousValue[],
  reason: SnapshotReason,
): Promise<string[]> {
  const takenAt = isoTime(parts.clock);
  const stored = await Promise.all(
    values.map(async (value): Promise<StoredKeySnapshot> => {
      const id = parts.digest.uuid();
      return {
        id,
        connectionId: definition.uid,
        key: value.key,
        type: value.type,
        takenAt,
        expiresAt: value.expiresAtMs === null ? null : new Date(value.expiresAtMs).toISOString(),
        bytes: value.dump.length,
        reason,
        sealed: await sealValue(parts.cipher, definition.uid, id, value),
      };
    }),
  );
  await parts.snapshots.add(stored);
  return stored.map(({ id }) => id);
}

export interface OpenedSnapshot {
  readonly stored: Omit<StoredKeySnapshot, 'sealed'>;
  readonly dump: Bytes;
  /** The text of the value's document; null when it was too large to keep, or is not text. */
  readonly text: string | null;
}

/** Rejects with VALIDATION_ERROR when there is no such snapshot. */
export async function openSnapshot(parts: KeysParts, id: string): Promise<OpenedSnapshot> {
  const stored = await parts.snapshots.get(id);
  if (stored === null) {
    throw validationFailure('snapshotId', `There is no previous value ${display(id)}; it may have been purged.`);
  }
  const { sealed, ...rest } = stored;
  const plain = await parts.cipher.open(sealed, sealContext(stored.connectionId, id));
  return { stored: rest, ...unpacked(plain) };
}

/** Newest first. */
export async function listSnapshots(
  parts: KeysParts,
  definition: ConnectionDefinition,
  key: Bytes | undefined,
  limit: number,
): Promise<SnapshotInfo[]> {
  const query = { connectionId: definition.uid, limit, ...(key === undefined ? {} : { key }) };
  return (await parts.snapshots.list(query)).map(({ key, ...rest }): SnapshotInfo => ({
    ...rest,
    connectionId: definition.id,
    key: keyOf(key),
  }));
}

/** A value as the store keeps it: bound to its connection and id, so that it opens nowhere else. */
export function sealValue(cipher: Cipher, connectionUid: string, id: string, value: PreviousValue): Promise<Bytes> {
  return cipher.seal(packed(value), sealContext(connectionUid, id));
}

function sealContext(connectionUid: string, id: string): string {
  return `key-snapshot/${connectionUid}/${id}`;
}

/** Length of DUMP (4 bytes, big-endian), DUMP, document text. */
function packed(value: PreviousValue): Bytes {
  const text = value.content === undefined ? null : textOfContent(value.content);
  const tail = text === null ? new Uint8Array(0) : utf8(`\u0001${text}`);
  const bytes = new Uint8Array(4 + value.dump.length + tail.length);
  new DataView(bytes.buffer).setUint32(0, value.dump.length);
  bytes.set(value.dump, 4);
  bytes.set(tail, 4 + value.dump.length);
  return bytes;
}

function unpacked(bytes: Bytes): { readonly dump: Bytes; readonly text: string | null } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const tail = bytes.subarray(4 + length);
  return { dump: bytes.subarray(4, 4 + length), text: tail.length === 0 ? null : textOf(tail.subarray(1)) };
}
