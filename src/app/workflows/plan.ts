import { utf8, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { KeyList } from '../../domain/keys/keyList.ts';
import type { Count, PlanSummary } from '../../domain/workflows/definition.ts';
import { Distinct } from '../../domain/workflows/distinct.ts';
import { fixedPart, FolderCounts } from '../../domain/workflows/folders.ts';
import type { Given, PlanSource } from '../../domain/workflows/kinds/kind.ts';
import type { AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { spread } from '../../domain/workflows/spread.ts';
import type { PlanWriter } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';
import { askColumns, typesOfSample, type Columns } from './planColumns.ts';
import { serverNow } from './server.ts';

export interface PlanRequest {
  readonly definition: ConnectionDefinition;
  readonly kind: AnyKind;
  /** As `kind.check` gave them. */
  readonly checked: unknown;
  readonly spoolId: string;
  /** Cap of the policies, null = none. */
  readonly maxItems: number | null;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly looked: number; readonly matched: number }) => void;
}

/** Beyond so many items, types are counted on a sample: asking for each would take as long as the scan. */
const exactTypes = 20_000;
/** Keys that the server looks at per step of the scan: 2 ms of its time on a slow core. */
const scanCount = 2000;
const sampled = 2000;
const shown = 50;
const entriesPerBlock = 1000;

/**
 * The dry run: scans once, writes the exact item list to the spool, and says what the run would do. Changes nothing on
 * the server. Rejects with CANCELLED when the signal fires; nothing of the plan stays then.
 */
export async function makePlan(parts: WorkflowParts, request: PlanRequest): Promise<PlanSummary> {
  const { definition, kind, checked, spoolId } = request;
  const server = await serverNow(parts, definition, 'workflows.plan');
  const plannedAtMs = Math.round(parts.clock.wallMs() + server.clockOffsetMs);
  const given: Given<unknown> = { parameters: kind.remember(checked), plannedAtMs };
  const source = kind.source(checked);
  const keys = source.from === 'scan' ? await databaseSize(parts, definition) : source.entries.length;
  const writer = await parts.files.plans.create(spoolId, { secret: source.from === 'entries' && source.secret });
  const builder = new PlanBuilder(parts, request, { given, source, writer, keys });
  try {
    const started = parts.clock.monoMs();
    await builder.fill();
    const { hash, count } = await writer.finish();
    const sample = await builder.finishSample();
    return {
      kind: kind.kind,
      parameters: given.parameters as Readonly<Record<string, unknown>>,
      plannedAtMs,
      count,
      hash,
      server: server.mark,
      ...builder.summary(sample),
      estimatedMs: estimate(count, sample.itemMs, definition.undo),
      truncatedByPolicy: builder.truncated,
      snapshotBytes: definition.undo ? Math.round(sample.bytesPerItem * count) : null,
      plannedInMs: Math.round(parts.clock.monoMs() - started),
    };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** 0 where the server does not tell. */
async function databaseSize(parts: WorkflowParts, { uid }: ConnectionDefinition): Promise<number> {
  const about = { action: 'workflows.plan', keyOrPattern: '', record: false, tolerateErrorReplies: true };
  const [size] = await parts.gate.run(uid, { ...about, commands: [['DBSIZE']] });
  return typeof size === 'number' ? size : 0;
}

interface Sample {
  readonly types: readonly string[];
  /** Estimate of what the value of an item takes in the undo file. */
  readonly bytesPerItem: number;
  /** Measured: asking about one item in a batch, milliseconds. */
  readonly itemMs: number;
}

/** What a plan is while it grows: blocks go straight to the spool, only counts and a sample stay in memory. */
class PlanBuilder {
  readonly #parts: WorkflowParts;
  readonly #request: PlanRequest;
  readonly #given: Given<unknown>;
  readonly #source: PlanSource;
  readonly #writer: PlanWriter;
  readonly #distinct: Distinct;
  readonly #folders: FolderCounts;
  readonly #byType = new Map<string, number>();
  readonly #leftOut = new Map<string, number>();
  readonly #sample: Bytes[] = [];
  readonly #first: { readonly key: string; readonly type: string }[] = [];
  #count = 0;
  #looked = 0;
  #typed = 0;
  truncated = 0;

  constructor(
    parts: WorkflowParts,
    request: PlanRequest,
    plan: {
      readonly given: Given<unknown>;
      readonly source: PlanSource;
      readonly writer: PlanWriter;
      /** Keys of the database, about. */
      readonly keys: number;
    },
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#given = plan.given;
    this.#source = plan.source;
    this.#writer = plan.writer;
    this.#distinct = new Distinct(parts.digest.randomBytes(8), plan.keys);
    const fixed = plan.source.from === 'scan' ? fixedPart(plan.source.pattern) : new Uint8Array(0);
    this.#folders = new FolderCounts(utf8(request.definition.delimiter), fixed);
  }

  async fill(): Promise<void> {
    if (this.#source.from === 'scan') await this.#scan(this.#source);
    else await this.#entries(this.#source.entries);
  }

  async #scan(source: Extract<PlanSource, { from: 'scan' }>): Promise<void> {
    const { definition, signal, onProgress } = this.#request;
    const about = { action: 'workflows.plan', keyOrPattern: displayShort(source.pattern) };
    const pages = this.#parts.gate.scan(definition.uid, about, {
      pattern: source.pattern,
      ...(source.type === undefined ? {} : { type: source.type }),
      count: scanCount,
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const page of pages) {
      this.#looked += page.looked;
      await this.#add(this.#unseen(page.keys), null, source.type);
      onProgress?.({ looked: this.#looked, matched: this.#count });
    }
  }

  async #entries(entries: Extract<PlanSource, { from: 'entries' }>['entries']): Promise<void> {
    for (let at = 0; at < entries.length; at += entriesPerBlock) {
      this.#request.signal?.throwIfAborted();
      const part = entries.slice(at, at + entriesPerBlock);
      const payloads = KeyList.of(part.map(({ payload }) => payload));
      await this.#add(KeyList.of(part.map(({ key }) => key)), payloads, undefined);
      this.#request.onProgress?.({ looked: at + part.length, matched: this.#count });
    }
  }

  /** The page without keys that an earlier page gave: SCAN may repeat itself. */
  #unseen(keys: KeyList): KeyList {
    const repeated = new Set(this.#distinct.addAll(keys.bytes, keys.ends));
    if (repeated.size === 0) return keys;
    const fresh = Array.from({ length: keys.length }, (_, index) => index).filter((index) => !repeated.has(index));
    return picked(keys, fresh);
  }

  async #add(found: KeyList, values: KeyList | null, knownType: string | undefined): Promise<void> {
    if (found.length === 0) return;
    const columns = await this.#columns(found, knownType);
    const taken = this.#taken(found, columns);
    const keys = taken === null ? found : picked(found, taken);
    if (keys.length === 0) return;
    const payloads = values === null || taken === null ? values : picked(values, taken);
    const { types, typeNames } = encodedTypes(columns.types, taken, keys.length, knownType ?? '');
    this.#tally(keys, types, typeNames);
    await this.#writer.add({ keys, types, typeNames, payloads });
  }

  /** Positions that become items; null = all of them. */
  #taken(found: KeyList, columns: Columns): readonly number[] | null {
    const { maxItems } = this.#request;
    const kept = this.#kept(found, columns);
    if (maxItems === null) return kept;
    const size = kept?.length ?? found.length;
    const room = Math.max(0, maxItems - this.#count);
    if (size <= room) return kept;
    this.truncated += size - room;
    return (kept ?? Array.from({ length: size }, (_, index) => index)).slice(0, room);
  }

  /** What must be asked about these keys: what the kind decides by, and types while that is cheap. */
  async #columns(found: KeyList, knownType: string | undefined): Promise<Columns> {
    const { kind, definition, signal } = this.#request;
    const needed = new Set(kind.columns(this.#given.parameters));
    if (knownType === undefined && this.#typed + found.length <= exactTypes) needed.add('type');
    if (needed.has('type')) this.#typed += found.length;
    return askColumns(this.#parts, definition, found, needed, this.#given.plannedAtMs, signal);
  }

  #kept(found: KeyList, columns: Columns): number[] | null {
    const { kind } = this.#request;
    const decides = kind.columns(this.#given.parameters).length > 0;
    if (!decides) return null;
    return Array.from({ length: found.length }, (_, index) => index).filter((index) => {
      const candidate = {
        type: columns.types?.[index] ?? null,
        expiresAtMs: columns.expiresAtMs?.[index] ?? null,
        idleSeconds: columns.idleSeconds?.[index] ?? null,
      };
      const reason = kind.leaveOut(candidate, this.#given);
      if (reason !== null) this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
      return reason === null;
    });
  }

  #tally(keys: KeyList, types: Uint8Array, typeNames: readonly string[]): void {
    const counts = typeNames.map(() => 0);
    const { bytes, ends } = keys;
    const folders = this.#folders;
    let from = 0;
    for (let index = 0; index < ends.length; index++) {
      const to = ends[index] ?? from;
      folders.add(bytes, from, to);
      from = to;
    }
    for (const code of types) counts[code] = (counts[code] ?? 0) + 1;
    this.#pick(keys);
    typeNames.forEach((name, code) => {
      if (name !== '') this.#byType.set(name, (this.#byType.get(name) ?? 0) + (counts[code] ?? 0));
    });
    for (let index = 0; this.#first.length < shown && index < keys.length; index++) {
      this.#first.push({ key: displayShort(keys.at(index), 200), type: typeNames[types[index] ?? 0] ?? '' });
    }
    this.#count += keys.length;
  }

  /** Reservoir sampling (algorithm R, Vitter 1985) with reproducible draws. */
  #pick(keys: KeyList): void {
    const before = this.#count;
    for (let index = 0; index < keys.length; index++) {
      const position = before + index;
      const place = position < sampled ? position : Math.floor(spread(position) * (position + 1));
      if (place < sampled) this.#sample[place] = keys.at(index).slice();
    }
  }

  finishSample(): Promise<Sample> {
    const { definition, signal } = this.#request;
    return typesOfSample(this.#parts, definition, this.#sample, {
      types: [...this.#byType.values()].reduce((total, count) => total + count, 0) < this.#count,
      sizes: definition.undo,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  summary(sample: Sample) {
    const typed = [...this.#byType.values()].reduce((total, count) => total + count, 0);
    const exact = typed === this.#count;
    const { listed, others } = this.#folders.result();
    return {
      byType: exact ? counted(this.#byType) : scaled(sample.types, this.#count),
      typesExact: exact,
      typed,
      byFolder: listed,
      folderOthers: others,
      leftOut: counted(this.#leftOut),
      sample: this.#first,
    };
  }
}

/** A code per key for its type; keys whose type was not asked for share one code. */
function encodedTypes(
  asked: readonly string[] | null,
  taken: readonly number[] | null,
  count: number,
  otherwise: string,
): { readonly types: Uint8Array; readonly typeNames: readonly string[] } {
  if (asked === null) return { types: new Uint8Array(count), typeNames: [otherwise] };
  const typeNames: string[] = [];
  const codes = new Map<string, number>();
  const types = new Uint8Array(count);
  for (let at = 0; at < count; at++) {
    const type = asked[taken?.[at] ?? at] ?? otherwise;
    let code = codes.get(type);
    if (code === undefined) codes.set(type, (code = typeNames.push(type) - 1));
    types[at] = code;
  }
  return { types, typeNames };
}

function picked(list: KeyList, indexes: readonly number[]): KeyList {
  return KeyList.of(indexes.map((index) => list.at(index)));
}

function counted(counts: ReadonlyMap<string, number>): Count[] {
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

function scaled(types: readonly string[], count: number): Count[] {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counted(counts).map((each) => ({ ...each, count: Math.round((each.count / types.length) * count) }));
}

/** Milliseconds for the whole run: two exchanges per item's batch, the store's commit per batch. */
function estimate(count: number, itemMs: number, undo: boolean): number {
  const batches = Math.ceil(count / 500);
  return Math.round(count * itemMs * (undo ? 2.5 : 1.5) + batches * 3);
}

/** Refuses where a plan could never run. */
export function requireWritable(definition: ConnectionDefinition, readOnlyNow: boolean): void {
  if (!readOnlyNow) return;
  throw new Failure('BLOCKED', `${displayShort(definition.name)} is read-only, so no workflow can be planned for it.`, {
    details: { rule: 'readOnly' },
    nextAction: 'Unlock the connection with a reason (Cachify: Unlock for Writing), or choose another one.',
  });
}
