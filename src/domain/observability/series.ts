import type { ObservabilitySnapshot } from './snapshot.ts';

/** What charts take from a sample. */
export type SampleFigures = Pick<
  ObservabilitySnapshot,
  | 'timestamp'
  | 'periodSeconds'
  | 'opsPerSecond'
  | 'usedMemoryBytes'
  | 'maxMemoryBytes'
  | 'connectedClients'
  | 'keyspaceHits'
  | 'keyspaceMisses'
  | 'evictedKeys'
>;

/**
 * Samples of one connection on an even grid, as columns of the same length. Slot `i` covers
 * `[startMs + i * stepMs, startMs + (i + 1) * stepMs)`; null = not watched or not available, never zero.
 */
export interface SampleSeries {
  readonly startMs: number;
  readonly stepMs: number;
  readonly opsPerSecond: readonly (number | null)[];
  readonly usedMemoryBytes: readonly (number | null)[];
  readonly maxMemoryBytes: readonly (number | null)[];
  readonly hitRatio: readonly (number | null)[];
  readonly connectedClients: readonly (number | null)[];
  /** Keys that the server evicted, per slot. */
  readonly evictedKeys: readonly (number | null)[];
  /** 0..1: watched share of the slot. */
  readonly coverage: readonly number[];
}

/** Steps that people read easily, in seconds. */
const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** The smallest readable step that is no finer than the samples and keeps a window within `maxSlots` slots. */
export function stepSeconds(windowMs: number, sampleSeconds: number, maxSlots: number): number {
  const needed = Math.max(sampleSeconds, windowMs / 1000 / maxSlots);
  return STEPS.find((step) => step >= needed) ?? Math.ceil(needed / 3600) * 3600;
}

interface Slot {
  watchedMs: number;
  opsMs: number;
  ops: number;
  memory: number | null;
  maxMemory: number | null;
  clients: number | null;
  hits: number;
  misses: number;
  lookups: boolean;
  evicted: number | null;
}

/**
 * Lays samples (any order, one connection) on a grid over `[fromMs, toMs)`. A sample counts for the whole stretch that
 * it covers, so that timers which drift by a second leave no false gap. Rates are averaged over time, gauges take the
 * newest value of the slot, and counters go to slots by the share of the stretch that lies there.
 */
export function sampleSeries(
  samples: readonly SampleFigures[],
  fromMs: number,
  toMs: number,
  stepMs: number,
): SampleSeries {
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((toMs - startMs) / stepMs));
  const slots = Array.from({ length: count }, emptySlot);
  const ordered = samples
    .map((sample) => ({ sample, atMs: Date.parse(sample.timestamp) }))
    .sort((a, b) => a.atMs - b.atMs);
  for (const { sample, atMs } of ordered) {
    const spanMs = Math.max(sample.periodSeconds * 1000, 1);
    const first = Math.max(0, Math.floor((atMs - spanMs - startMs) / stepMs));
    const last = Math.min(count - 1, Math.floor((atMs - 1 - startMs) / stepMs));
    for (let at = first; at <= last; at++) {
      const slot = slots[at];
      const slotStart = startMs + at * stepMs;
      const overlapMs = Math.min(atMs, slotStart + stepMs) - Math.max(atMs - spanMs, slotStart);
      if (slot !== undefined && overlapMs > 0) put(slot, sample, overlapMs, overlapMs / spanMs);
    }
  }
  return {
    startMs,
    stepMs,
    opsPerSecond: slots.map((slot) => (slot.opsMs > 0 ? slot.ops / slot.opsMs : null)),
    usedMemoryBytes: slots.map((slot) => slot.memory),
    maxMemoryBytes: slots.map((slot) => slot.maxMemory),
    hitRatio: slots.map((slot) => (slot.lookups ? ratioOf(slot.hits, slot.misses) : null)),
    connectedClients: slots.map((slot) => slot.clients),
    evictedKeys: slots.map((slot) => slot.evicted),
    coverage: slots.map((slot) => Math.min(1, slot.watchedMs / stepMs)),
  };
}

function emptySlot(): Slot {
  return {
    watchedMs: 0,
    opsMs: 0,
    ops: 0,
    memory: null,
    maxMemory: null,
    clients: null,
    hits: 0,
    misses: 0,
    lookups: false,
    evicted: null,
  };
}

function put(slot: Slot, sample: SampleFigures, overlapMs: number, share: number): void {
  slot.watchedMs += overlapMs;
  if (sample.opsPerSecond !== null) {
    slot.ops += sample.opsPerSecond * overlapMs;
    slot.opsMs += overlapMs;
  }
  slot.memory = sample.usedMemoryBytes ?? slot.memory;
  slot.maxMemory = sample.maxMemoryBytes ?? slot.maxMemory;
  slot.clients = sample.connectedClients ?? slot.clients;
  if (sample.keyspaceHits !== null && sample.keyspaceMisses !== null) {
    slot.hits += sample.keyspaceHits * share;
    slot.misses += sample.keyspaceMisses * share;
    slot.lookups = true;
  }
  if (sample.evictedKeys !== null) slot.evicted = (slot.evicted ?? 0) + sample.evictedKeys * share;
}

/** Hits as a share of lookups, 0..1; null when nothing was looked up. */
export function ratioOf(hits: number, misses: number): number | null {
  return hits + misses > 0 ? hits / (hits + misses) : null;
}

/** The present slot is still filling; until it is, and for one slot more, nothing is missing. */
const FILLING_SLOTS = 2;

/** Stretches without any sample, UTC seconds. */
export function gapsOf({
  startMs,
  stepMs,
  coverage,
}: Pick<SampleSeries, 'startMs' | 'stepMs' | 'coverage'>): [from: number, to: number][] {
  const at = (slot: number): number => (startMs + slot * stepMs) / 1000;
  const gaps: [from: number, to: number][] = [];
  let first: number | null = null;
  for (let slot = 0; slot <= coverage.length; slot++) {
    const isMissing = slot < coverage.length && coverage[slot] === 0;
    if (isMissing) first ??= slot;
    if (isMissing || first === null) continue;
    const isPresent = slot === coverage.length && slot - first <= FILLING_SLOTS;
    if (!isPresent) gaps.push([at(first), at(slot)]);
    first = null;
  }
  return gaps;
}
