import { LatencySketch, type LatencySketchJson } from './latencySketch.ts';
import type { ObservabilitySnapshot } from './snapshot.ts';

/** What a sum is made of: how many samples said something, and what in all. */
interface Sum {
  readonly of: number;
  readonly sum: number;
}

/**
 * What the samples of one connection said in an hour (or a part of it). Hours merge: sums add up, and of the latencies every
 * quantile over any number of hours is within 1 % of that of the samples. Plain data: it is stored.
 */
export interface SampleHour {
  readonly samples: number;
  /** Covered seconds. */
  readonly seconds: number;
  /** Time of the last sample, UTC ISO-8601. */
  readonly lastAt: string;
  readonly operations: number;
  readonly errors: number;
  readonly reconnects: number;
  /** Commands that the server processed, and the seconds in which they were counted. */
  readonly commands: Sum;
  readonly slow: Sum;
  readonly hits: Sum;
  readonly misses: Sum;
  readonly evicted: Sum;
  readonly clients: Sum;
  readonly memory: Sum;
  readonly maxMemory: number | null;
  readonly linkDown: number;
  readonly linkUp: number;
  /** The samples' own medians and 95th percentiles, milliseconds. */
  readonly p50: LatencySketchJson;
  readonly p95: LatencySketchJson;
}

function sumOf(value: number | null): Sum {
  return value === null ? { of: 0, sum: 0 } : { of: 1, sum: value };
}

function added(a: Sum, b: Sum): Sum {
  return { of: a.of + b.of, sum: a.sum + b.sum };
}

function sketchOf(value: number | null): LatencySketchJson {
  const sketch = new LatencySketch();
  if (value !== null) sketch.add(value);
  return sketch.toJSON();
}

function mergedSketch(...parts: readonly LatencySketchJson[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const part of parts) sketch.mergeJson(part);
  return sketch;
}

export function hourOfSample(sample: ObservabilitySnapshot): SampleHour {
  const { periodSeconds: seconds, opsPerSecond, operationCount } = sample;
  return {
    samples: 1,
    seconds,
    lastAt: sample.timestamp,
    operations: operationCount,
    errors: (sample.errorRate ?? 0) * operationCount,
    reconnects: sample.reconnectCount,
    commands: opsPerSecond === null ? { of: 0, sum: 0 } : { of: seconds, sum: opsPerSecond * seconds },
    slow: sumOf(sample.slowOpCount),
    hits: sumOf(sample.keyspaceHits),
    misses: sumOf(sample.keyspaceMisses),
    evicted: sumOf(sample.evictedKeys),
    clients: sumOf(sample.connectedClients),
    memory: sumOf(sample.usedMemoryBytes),
    maxMemory: sample.maxMemoryBytes,
    linkDown: sample.replicationLink === 'down' ? 1 : 0,
    linkUp: sample.replicationLink === 'up' ? 1 : 0,
    p50: sketchOf(sample.latencyP50Ms),
    p95: sketchOf(sample.latencyP95Ms),
  };
}

export function mergedHours(a: SampleHour, b: SampleHour): SampleHour {
  const later = a.lastAt > b.lastAt ? a : b;
  return {
    samples: a.samples + b.samples,
    seconds: a.seconds + b.seconds,
    lastAt: later.lastAt,
    operations: a.operations + b.operations,
    errors: a.errors + b.errors,
    reconnects: a.reconnects + b.reconnects,
    commands: added(a.commands, b.commands),
    slow: added(a.slow, b.slow),
    hits: added(a.hits, b.hits),
    misses: added(a.misses, b.misses),
    evicted: added(a.evicted, b.evicted),
    clients: added(a.clients, b.clients),
    memory: added(a.memory, b.memory),
    maxMemory: later.maxMemory ?? a.maxMemory ?? b.maxMemory,
    linkDown: a.linkDown + b.linkDown,
    linkUp: a.linkUp + b.linkUp,
    p50: mergedSketch(a.p50, b.p50).toJSON(),
    p95: mergedSketch(a.p95, b.p95).toJSON(),
  };
}

/** The p95 of the samples' own 95th percentiles over some hours, milliseconds; null without latencies. */
export function p95Of(hours: readonly SampleHour[]): number | null {
  return mergedSketch(...hours.map(({ p95 }) => p95)).quantile(0.95);
}

/** The hour as one sample, for charts that go back further than the samples themselves. */
export function sampleOfHour(id: string, connectionId: string, hour: SampleHour): ObservabilitySnapshot {
  const total = ({ of, sum }: Sum): number | null => (of === 0 ? null : sum);
  const mean = ({ of, sum }: Sum): number | null => (of === 0 ? null : sum / of);
  const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value));
  return {
    id,
    connectionId,
    timestamp: hour.lastAt,
    periodSeconds: hour.seconds,
    latencyP50Ms: mergedSketch(hour.p50).quantile(0.5),
    latencyP95Ms: mergedSketch(hour.p95).quantile(0.95),
    errorRate: hour.operations === 0 ? null : hour.errors / hour.operations,
    operationCount: hour.operations,
    reconnectCount: hour.reconnects,
    opsPerSecond: mean(hour.commands),
    slowOpCount: total(hour.slow),
    usedMemoryBytes: rounded(mean(hour.memory)),
    maxMemoryBytes: hour.maxMemory,
    connectedClients: rounded(mean(hour.clients)),
    keyspaceHits: total(hour.hits),
    keyspaceMisses: total(hour.misses),
    evictedKeys: total(hour.evicted),
    replicationLink: hour.linkDown > 0 ? 'down' : hour.linkUp > 0 ? 'up' : null,
  };
}
