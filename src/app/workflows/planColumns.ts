import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { KeyList } from '../../domain/keys/keyList.ts';
import { RedisErrorReply } from '../../domain/redis/command.ts';
import type { PlanColumn } from '../../domain/workflows/kinds/kind.ts';
import type { WorkflowParts } from './parts.ts';

/** What was asked about keys, column by column beside them; null = not asked. */
export interface Columns {
  readonly types: readonly string[] | null;
  /** Absolute, milliseconds since the epoch; null per key = no expiry. */
  readonly expiresAtMs: readonly (number | null)[] | null;
  readonly idleSeconds: readonly number[] | null;
}

const idleChunk = 500;

/** Asks what a plan needs to know about its keys, in bounded batches. */
export async function askColumns(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  keys: KeyList,
  needed: ReadonlySet<PlanColumn>,
  nowMs: number,
  signal: AbortSignal | undefined,
): Promise<Columns> {
  const type = needed.has('type') || needed.has('exists');
  const ttl = needed.has('expiry');
  const asked =
    type || ttl
      ? await parts.gate.describe(definition.uid, keys, { type, ttl, ...(signal === undefined ? {} : { signal }) })
      : null;
  return {
    types: type && asked !== null ? asked.types : null,
    expiresAtMs: ttl && asked !== null ? Array.from(asked.ttlMs, (ms) => (ms < 0 ? null : nowMs + ms)) : null,
    idleSeconds: needed.has('idle') ? await idleOf(parts, definition, keys, signal) : null,
  };
}

async function idleOf(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  keys: KeyList,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const idle: number[] = [];
  for (let at = 0; at < keys.length; at += idleChunk) {
    const part = Array.from({ length: Math.min(idleChunk, keys.length - at) }, (_, offset) => keys.at(at + offset));
    const replies = await parts.gate.run(definition.uid, {
      action: 'workflows.plan',
      keyOrPattern: '',
      record: false,
      tolerateErrorReplies: true,
      commands: part.map((key) => ['OBJECT', 'IDLETIME', key] as const),
      ...(signal === undefined ? {} : { signal }),
    });
    for (const reply of replies) {
      if (reply instanceof RedisErrorReply && !/no such key/i.test(reply.message)) throw idleUnknown(reply);
      idle.push(typeof reply === 'number' ? reply : 0);
    }
  }
  return idle;
}

function idleUnknown(reply: RedisErrorReply): Failure {
  return new Failure(
    'NOT_SUPPORTED',
    `This server does not say how long a key was unused (OBJECT IDLETIME): ${display(reply.message)}.`,
    { nextAction: 'Leave `idleSeconds` out, or use a server whose maxmemory-policy is not LFU.' },
  );
}

const sizeSample = 200;
/** What a value takes in the undo file where the server does not tell sizes. */
const usualBytes = 200;

/** Types and sizes of sampled keys, and how long asking took. */
export async function typesOfSample(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  sample: readonly Bytes[],
  ask: { readonly types: boolean; readonly sizes: boolean; readonly signal?: AbortSignal },
): Promise<{ readonly types: readonly string[]; readonly bytesPerItem: number; readonly itemMs: number }> {
  if (sample.length === 0) return { types: [], bytesPerItem: 0, itemMs: 0 };
  const { session } = await parts.sessions.active(definition.uid);
  const started = parts.clock.monoMs();
  const described = await parts.gate.describe(definition.uid, KeyList.of(ask.types ? sample : sample.slice(0, 100)), {
    type: true,
    ttl: true,
  });
  const itemMs = (parts.clock.monoMs() - started) / described.types.length;
  const types = ask.types ? described.types.filter((type) => type !== 'none') : [];
  if (!ask.sizes) return { types, bytesPerItem: 0, itemMs };
  if (!session.capabilities.memory.available) return { types, bytesPerItem: usualBytes, itemMs };
  const step = Math.max(1, Math.floor(sample.length / sizeSample));
  const sized = sample.filter((_, at) => at % step === 0);
  const { memoryBytes } = await parts.gate.describe(definition.uid, KeyList.of(sized), { memory: true });
  const known = Array.from(memoryBytes).filter((bytes) => Number.isFinite(bytes));
  const total = known.reduce((sum, bytes) => sum + bytes, 0);
  return { types, bytesPerItem: known.length === 0 ? usualBytes : total / known.length, itemMs };
}
