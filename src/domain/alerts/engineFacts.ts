// What samples of one minute said about a server, mergeable, and small enough to keep for a month.

/** Values that stand at a moment. 0 or 1 where the name is a statement. */
export const gaugeNames = [
  'memoryRatio',
  'clientsRatio',
  'fragmentationRatio',
  'residentRatio',
  'mainThreadCpuRatio',
  'connectedReplicas',
  'maxMemoryUnset',
  'replicationLinkDown',
  'persistenceFailing',
  'connectionDown',
] as const;
export type GaugeName = (typeof gaugeNames)[number];

/** What was counted since the sample before. */
export const counterNames = [
  'evictedKeys',
  'rejectedConnections',
  'hits',
  'misses',
  'errorReplies',
  'commands',
  'slowCommands',
] as const;
export type CounterName = (typeof counterNames)[number];
export type EngineName = GaugeName | CounterName;

/** What one look at a server says; a name that is absent is not told by it. */
export interface EngineLook {
  readonly gauges: { readonly [Name in GaugeName]?: number };
  readonly counters: { readonly [Name in CounterName]?: number };
}

export interface Gauge {
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
}

export interface EngineFacts {
  readonly gauges: { readonly [Name in GaugeName]?: Gauge };
  readonly counters: { readonly [Name in CounterName]?: number };
}

export const noEngineFacts: EngineFacts = { gauges: {}, counters: {} };

/** The facts with one more look, the newest of all. */
export function withLook(facts: EngineFacts, look: EngineLook): EngineFacts {
  const gauges: Partial<Record<GaugeName, Gauge>> = { ...facts.gauges };
  for (const name of gaugeNames) {
    const value = look.gauges[name];
    if (value !== undefined && Number.isFinite(value)) gauges[name] = added(gauges[name], value);
  }
  const counters: Partial<Record<CounterName, number>> = { ...facts.counters };
  for (const name of counterNames) {
    const value = look.counters[name];
    if (value !== undefined && value >= 0) counters[name] = (counters[name] ?? 0) + value;
  }
  return { gauges, counters };
}

function added(before: Gauge | undefined, value: number): Gauge {
  if (before === undefined) return { n: 1, sum: value, min: value, max: value, last: value };
  const { n, sum, min, max } = before;
  return { n: n + 1, sum: sum + value, min: Math.min(min, value), max: Math.max(max, value), last: value };
}

/** Bits of the header: which gauges and counters follow, and which gauges had one value throughout. */
const headerBytes = 8;

/**
 * As bytes: two words of bits (what is there; which gauges are steady), then 32-bit floats: of a steady gauge its count
 * and value, of another count, sum, least, most and last; of a counter its value.
 */
export function packEngineFacts({ gauges, counters }: EngineFacts): Uint8Array {
  let present = 0;
  let steady = 0;
  const values: number[] = [];
  gaugeNames.forEach((name, at) => {
    const gauge = gauges[name];
    if (gauge === undefined) return;
    present |= 1 << at;
    if (gauge.min === gauge.max) {
      steady |= 1 << at;
      values.push(gauge.n, gauge.last);
    } else values.push(gauge.n, gauge.sum, gauge.min, gauge.max, gauge.last);
  });
  counterNames.forEach((name, at) => {
    const value = counters[name];
    if (value === undefined) return;
    present |= 1 << (at + gaugeNames.length);
    values.push(value);
  });
  const bytes = new Uint8Array(headerBytes + 4 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, present);
  view.setUint32(4, steady);
  values.forEach((value, at) => view.setFloat32(headerBytes + 4 * at, value));
  return bytes;
}

/** The bits of names in the header. */
export function engineBits(names: Iterable<EngineName>): number {
  let bits = 0;
  for (const name of names) bits |= 1 << positions.indexOf(name);
  return bits;
}

const positions: readonly EngineName[] = [...gaugeNames, ...counterNames];
const everything = engineBits(positions);

/**
 * Bytes that are cut short give what can be read of them. `wanted` = `engineBits` of the names that are asked for: the
 * others are passed over.
 */
export function unpackEngineFacts(bytes: Uint8Array, wanted = everything): EngineFacts {
  if (bytes.length < headerBytes) return noEngineFacts;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const present = view.getUint32(0);
  if ((present & wanted) === 0) return noEngineFacts;
  const steady = view.getUint32(4);
  const gauges: Partial<Record<GaugeName, Gauge>> = {};
  const counters: Partial<Record<CounterName, number>> = {};
  let at = headerBytes;
  for (let index = 0; index < gaugeNames.length; index++) {
    const name = gaugeNames[index];
    const bit = 1 << index;
    if (name === undefined || (present & bit) === 0) continue;
    const isSteady = (steady & bit) !== 0;
    if ((wanted & bit) !== 0) gauges[name] = isSteady ? steadyGauge(view, at) : movingGauge(view, at);
    at += 4 * (isSteady ? 2 : 5);
  }
  for (let index = 0; index < counterNames.length; index++) {
    const name = counterNames[index];
    const bit = 1 << (index + gaugeNames.length);
    if (name === undefined || (present & bit) === 0) continue;
    if ((wanted & bit) !== 0) counters[name] = float(view, at);
    at += 4;
  }
  return { gauges, counters };
}

function steadyGauge(view: DataView, at: number): Gauge {
  const n = float(view, at);
  const value = float(view, at + 4);
  return { n, sum: n * value, min: value, max: value, last: value };
}

function movingGauge(view: DataView, at: number): Gauge {
  return {
    n: float(view, at),
    sum: float(view, at + 4),
    min: float(view, at + 8),
    max: float(view, at + 12),
    last: float(view, at + 16),
  };
}

function float(view: DataView, at: number): number {
  return at + 4 <= view.byteLength ? view.getFloat32(at) : Number.NaN;
}
