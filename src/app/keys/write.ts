import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display, displayShort } from '../../domain/display.ts';
import { Failure, isFailure, validationFailure } from '../../domain/failure.ts';
import { formatBytes } from '../../domain/format.ts';
import { contentOf, isContentType, type Content, type ContentType } from '../../domain/keys/content.ts';
import { difference, expiryCommands, type Difference } from '../../domain/keys/difference.ts';
import type { RedisCommand, RedisReply } from '../../domain/redis/command.ts';
import type { KeysParts } from './parts.ts';
import { allowanceFor, previousValueFrom, previousValueReads, targetsOf, type Target } from './previous.ts';
import { moduleType, versionOf } from './read.ts';
import { contentReply, lastStreamIdReply, textReply, wholeValueCommand } from './replies.ts';
import { replaceUnread } from './replaceUnread.ts';
import { guardConfirmation, isOverReplyBudget, keepingIfPossible, withSnapshots, type Keep } from './snapshots.ts';

export interface WriteRequest {
  readonly key: Bytes;
  readonly type: string;
  readonly value: unknown;
  /** Absent = stays as it is, null = never expires. */
  readonly ttlMs?: number | null;
  /** Refuses unless this is the version now; `absentVersion` = unless there is no such key. */
  readonly ifVersion?: string;
  readonly confirm?: string;
}

export interface Written {
  readonly version: string;
  readonly snapshotId?: string;
}

/** `ifVersion` of a key that must not exist yet. */
export const absentVersion = 'absent';

/** A value is read whole to be compared; beyond this that would cost server and editor too much. */
const maxComparedBytes = 32 << 20;

/** Tries of a write without `ifVersion` on a key that others change at the same time. */
const unconditionalTries = 5;

/**
 * Writes a value by compare-and-set: within one watched transaction it reads what is there, keeps it as a snapshot,
 * and sends only the difference, so that the TTL and everything untouched stay. Rejects with CONFLICT when the type
 * or, with `ifVersion`, the content is another, and changes nothing then. A value beyond 32 MiB is not compared: without
 * `ifVersion` it is replaced as a whole, with it the write is refused (NOT_SUPPORTED).
 */
export async function writeKey(
  parts: KeysParts,
  definition: ConnectionDefinition,
  request: WriteRequest,
): Promise<Written> {
  if (!isContentType(request.type)) throw moduleType(request.type);
  const content = contentOf(request.type, request.value);
  if (request.ttlMs !== undefined && request.ttlMs !== null) requireTtl(request.ttlMs);
  for (let attempt = 1; ; attempt++) {
    try {
      return await new Write(parts, definition, request, content).run();
    } catch (error) {
      const moved = isFailure(error, 'CONFLICT') && error.details?.['reason'] === undefined;
      if (!moved || request.ifVersion !== undefined || attempt === unconditionalTries) throw error;
    }
  }
}

/** Rejects with VALIDATION_ERROR what Redis would take for an expiry in the past: it would delete the key. */
export function requireTtl(ttlMs: number): void {
  if (Number.isSafeInteger(ttlMs) && ttlMs > 0 && ttlMs <= maxTtlMs) return;
  throw validationFailure('ttlMs', 'ttlMs must be a whole number of milliseconds, 1 or more; null = never expires.');
}

const maxTtlMs = 2 ** 52;

class Write {
  readonly #parts: KeysParts;
  readonly #definition: ConnectionDefinition;
  readonly #request: WriteRequest;
  readonly #content: Content;
  #summary = '';

  constructor(parts: KeysParts, definition: ConnectionDefinition, request: WriteRequest, content: Content) {
    this.#parts = parts;
    this.#definition = definition;
    this.#request = request;
    this.#content = content;
  }

  async run(): Promise<Written> {
    const { key, confirm, ifVersion } = this.#request;
    const [target] = await targetsOf(this.#parts, this.#definition.uid, 'keys.write', [key]);
    if (target !== undefined && ifVersion === absentVersion) throw this.#exists();
    if (target !== undefined && target.type !== this.#content.type) throw this.#otherType(target.type);
    const limit = Math.max(maxComparedBytes, 4 * this.#parts.settings.number('keys.maxDocumentBytes'));
    if (target === undefined) return this.#write(undefined, false);
    const bytes = target.estimatedBytes;
    if (bytes > limit && (ifVersion !== undefined || target.type === 'stream')) throw tooLarge(key, bytes);
    const write = (keep: boolean): Promise<Written> =>
      bytes > limit ? this.#replace(target, keep) : this.#write(target, keep);
    return keepingIfPossible(this.#parts, this.#definition, { bytes, confirm }, write).catch((error: unknown) => {
      throw isOverReplyBudget(error) ? tooLarge(key, bytes) : error;
    });
  }

  /** A value that is too large to be compared is replaced as a whole, its expiry kept. */
  async #replace(target: Target, keep: boolean): Promise<Written> {
    const request = {
      target,
      content: this.#content,
      ttlMs: this.#request.ttlMs,
      confirm: this.#request.confirm,
      keep,
    };
    const snapshotIds = await replaceUnread(this.#parts, this.#definition, request);
    return this.#written(snapshotIds);
  }

  /** Absent = a new key. */
  async #write(target: Target | undefined, keep: boolean): Promise<Written> {
    const { key, confirm } = this.#request;
    const reads = target === undefined ? absentReads(key) : this.#reads(target, keep);
    const summary = () => this.#summary;
    const { snapshotIds } = await withSnapshots(this.#parts, this.#definition, { reason: 'set', confirm }, (kept) =>
      this.#parts.gate.compareAndSet(this.#definition.uid, {
        action: 'keys.write',
        keyOrPattern: displayShort(key),
        watch: [key],
        read: reads,
        decide: (replies) => this.#decide(replies, target, keep ? kept : undefined),
        maxReplyBytes: allowanceFor(target === undefined ? [] : [target]),
        // Known only once the transaction has read what is there.
        get redactedDiff() {
          return summary();
        },
        details: { type: this.#content.type },
        ...guardConfirmation(this.#definition, confirm),
      }),
    );
    return this.#written(snapshotIds);
  }

  #written([snapshotId]: readonly string[]): Written {
    const version = versionOf(this.#parts, this.#content);
    return snapshotId === undefined ? { version } : { version, snapshotId };
  }

  #reads(target: Target, keep: boolean): RedisCommand[] {
    const { key } = target;
    const first: RedisCommand[] = keep
      ? previousValueReads(target, true)
      : [['TYPE', key], ['PTTL', key], ['TIME'], ['EXISTS', key], wholeValueCommand(this.#content.type, key)];
    return target.type === 'stream' ? [...first, ['XINFO', 'STREAM', key]] : first;
  }

  async #decide(
    replies: readonly RedisReply[],
    target: Target | undefined,
    keep: Keep | undefined,
  ): Promise<readonly RedisCommand[] | null> {
    const before = target === undefined ? this.#absent(replies) : this.#present(replies, this.#content.type);
    const last = before?.type === 'stream' ? lastStreamIdReply(replies[5]) : undefined;
    const { key, ttlMs } = this.#request;
    const change = difference(key, before, this.#content, last === undefined ? {} : { lastStreamId: last });
    if (change.kind === 'refused') throw refusal(change);
    const expiry = expiryCommands(key, before === null && ttlMs === null ? undefined : ttlMs);
    if (change.kind === 'same') return expiry.length === 0 ? null : expiry;
    this.#summary = `${this.#content.type}: ${change.summary}`;
    if (target !== undefined && keep !== undefined) {
      const previous = previousValueFrom(target, true, replies);
      if (previous === null) throw movedOn();
      await keep([previous]);
    }
    return [...change.commands, ...expiry];
  }

  #absent(replies: readonly RedisReply[]): null {
    if (textReply(replies[0]) !== 'none') throw movedOn();
    const { ifVersion } = this.#request;
    if (ifVersion !== undefined && ifVersion !== absentVersion) throw this.#conflict('it was deleted meanwhile');
    return null;
  }

  #present(replies: readonly RedisReply[], type: ContentType): Content {
    const now = textReply(replies[0]);
    if (now === 'none') throw movedOn();
    if (now !== type) throw this.#otherType(now);
    const content = contentReply(type, replies[4]);
    const { ifVersion } = this.#request;
    if (ifVersion === absentVersion) throw this.#exists();
    if (ifVersion !== undefined && versionOf(this.#parts, content) !== ifVersion) {
      throw this.#conflict('somebody else changed it since it was read');
    }
    return content;
  }

  #exists(): Failure {
    return this.#conflict('a key of this name exists already');
  }

  #conflict(why: string): Failure {
    const message = `${displayShort(this.#request.key)} was not written: ${why}. Nothing was changed.`;
    return new Failure('CONFLICT', message, {
      details: { reason: 'version' },
      nextAction: 'Compare your value with the one that is there now, then write again.',
    });
  }

  #otherType(now: string): Failure {
    const message = `${displayShort(this.#request.key)} was not written: it holds a ${display(now)}, and a ${display(this.#content.type)} would replace it. Nothing was changed.`;
    return new Failure('CONFLICT', message, {
      details: { reason: 'type', type: display(now) },
      nextAction: 'Refresh the key, or delete it before you create another.',
    });
  }
}

function tooLarge(key: Bytes, bytes: number): Failure {
  const message = `${displayShort(key)} was not written: its value of about ${formatBytes(bytes)} is too large to be compared and kept. Nothing was changed.`;
  return new Failure('NOT_SUPPORTED', message, {
    details: { bytes },
    nextAction: 'Change single elements with “Run Redis Command…”, or delete the key first.',
  });
}

function absentReads(key: Bytes): RedisCommand[] {
  return [['TYPE', key]];
}

/** The key came or went between the first look and the transaction. */
function movedOn(): Failure {
  return new Failure('CONFLICT', 'The key changed while it was being written. Nothing was changed.', {
    retryable: true,
    nextAction: 'Try again.',
  });
}

function refusal(change: Extract<Difference, { kind: 'refused' }>): Failure {
  return new Failure('VALIDATION_ERROR', `${change.reason} Nothing was changed.`, { details: { path: 'value' } });
}
