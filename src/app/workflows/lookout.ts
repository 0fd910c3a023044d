import type { Bytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { SpooledItem } from '../../domain/workflows/definition.ts';
import type { Given, Reading } from '../../domain/workflows/kinds/kind.ts';
import type { AnyKind } from '../../domain/workflows/kinds/registry.ts';
import { watchedByOneLine } from '../../domain/workflows/pacing.ts';
import { firstOf, rangesOf, sizeOf, type Ranges } from '../../domain/workflows/ranges.ts';
import type { PlanReader } from '../ports/workflows.ts';
import type { BulkLine } from '../redis/bulkLine.ts';
import { lookAt, type Share, type Sight } from './batch.ts';
import type { Lanes } from './lanes.ts';
import { bySlot, type Placed } from './placing.ts';

export interface LookoutOptions {
  readonly kind: AnyKind;
  readonly given: Given<unknown>;
  readonly reader: PlanReader;
  readonly lanes: Lanes;
  /** Null = one server. */
  readonly cluster: ClusterRouting | null;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** How items of a cluster find their nodes. */
export interface ClusterRouting {
  nodeOf(key: Bytes): string;
  /** Waits a moment, then asks the cluster anew: a slot that moves is served somewhere soon. */
  learn(): Promise<void>;
}

/** Items that were looked at and whose keys are watched since. */
export interface Seen {
  readonly items: Ranges;
  readonly lines: readonly BulkLine[];
  readonly sight: Sight;
}

/**
 * Looks at the items of batches: of the one in hand, and, while that is being written, of the one that will probably come
 * after it. Looking writes nothing, so what was looked at in vain is let go.
 */
export class Lookout {
  readonly #options: LookoutOptions;
  #ahead: { readonly items: Ranges; readonly seen: Promise<Seen> } | null = null;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  /** Looks now, or gives what was looked at ahead. The items may be fewer than asked for unless `whole`. */
  async see(items: Ranges, reading: Reading, whole: boolean): Promise<Seen> {
    const ahead = this.#ahead;
    if (ahead !== null && !whole && isBeginning(ahead.items, items)) {
      this.#ahead = null;
      // Looking ahead may fail where looking now does not: then nothing is lost.
      const [result] = await Promise.allSettled([ahead.seen]);
      if (result.status === 'fulfilled') return result.value;
    }
    await this.drop();
    return this.#look(items, reading, whole);
  }

  /** Begins to look at items that nobody asked for yet. */
  ahead(items: Ranges, reading: Reading): void {
    if (this.#ahead !== null || !this.#options.lanes.hasRoom) return;
    const seen = this.#look(items, reading, false);
    // Whoever takes it hears of its failure; if nobody does, there is nobody to tell.
    seen.catch(() => undefined);
    this.#ahead = { items, seen };
  }

  /** Lets go of what was looked at ahead. */
  async drop(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead === null) return;
    const [result] = await Promise.allSettled([ahead.seen]);
    if (result.status === 'fulfilled') this.#options.lanes.drop(result.value.lines);
  }

  async #look(items: Ranges, reading: Reading, whole: boolean): Promise<Seen> {
    const { cluster } = this.#options;
    if (cluster === null) return this.#lookAtServer(items, reading, whole);
    for (let tries = 1; ; tries++) {
      const seen = await this.#lookAtCluster(items, reading, whole, cluster);
      const { answers } = seen.sight;
      const moved = 'end' in answers && answers.end === 'released' && answers.elsewhere === true;
      if (!moved || tries >= looksForMoved) return seen;
      // Looking writes nothing, so it may happen again where the keys are now.
      this.#options.lanes.drop(seen.lines);
      await cluster.learn();
    }
  }

  /** A connection per slot, as far as there are connections. */
  async #lookAtCluster(items: Ranges, reading: Reading, whole: boolean, cluster: ClusterRouting): Promise<Seen> {
    const { lanes, reader } = this.#options;
    const placed = bySlot(await reader.items(items), cluster);
    const free = new Map<string, BulkLine[]>();
    const taken: BulkLine[] = [];
    try {
      for (const [node, wanted] of countsOf(placed)) {
        const lines = await lanes.take(wanted, node);
        taken.push(...lines);
        free.set(node, [...lines]);
      }
      const shares: Share[] = [];
      let end = Infinity;
      for (const part of placed) {
        const line = free.get(part.node)?.pop();
        if (line !== undefined) shares.push({ line, items: part.items });
        else end = Math.min(end, part.items[0]?.index ?? end);
      }
      if (whole && end < Infinity) throw fewConnections(placed.length, taken.length);
      // A batch is a beginning of what is left: nothing in its middle may stay behind.
      const fitting = shares
        .map((share) => ({ ...share, items: share.items.filter(({ index }) => index < end) }))
        .filter((share) => share.items.length > 0);
      const lines = fitting.map(({ line }) => line);
      lanes.give(taken.filter((line) => !lines.includes(line)));
      const sight = await lookAt(this.#options, fitting, reading);
      return { items: end === Infinity ? items : itemsIn(fitting), lines, sight };
    } catch (error) {
      lanes.drop(taken);
      throw error;
    }
  }

  async #lookAtServer(items: Ranges, reading: Reading, whole: boolean): Promise<Seen> {
    const { lanes, reader } = this.#options;
    const lines = await lanes.take(Math.ceil(sizeOf(items) / watchedByOneLine));
    try {
      const fitting = whole ? items : firstOf(items, lines.length * watchedByOneLine);
      const shares = sharedOut(await reader.items(fitting), lines);
      return { items: fitting, lines, sight: await lookAt(this.#options, shares, reading) };
    } catch (error) {
      lanes.drop(lines);
      throw error;
    }
  }
}

/** How often keys are looked for that a cluster is just moving. */
const looksForMoved = 12;

function countsOf(placed: readonly Placed[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of placed) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

function itemsIn(shares: readonly Share[]): Ranges {
  return rangesOf(shares.flatMap(({ items }) => items.map(({ index }) => index)).sort((a, b) => a - b));
}

function fewConnections(wanted: number, given: number): Failure {
  return new Failure(
    'CONNECTION_FAILED',
    `The batch needs ${wanted} connections to the cluster, one for each slot, and ${given} could be opened.`,
    { retryable: true, nextAction: 'Look at `maxclients` of the nodes, then resume.' },
  );
}

function isBeginning(part: Ranges, whole: Ranges): boolean {
  const [[from, to] = [0, 0], second] = part;
  const [[begin, end] = [0, 0]] = whole;
  return second === undefined && from === begin && to <= end;
}

/** Even, in order: a line has as many items as any other, or one fewer. */
function sharedOut(items: readonly SpooledItem[], lines: readonly BulkLine[]): Share[] {
  const each = Math.ceil(items.length / lines.length);
  return lines.flatMap((line, at) => {
    const part = items.slice(at * each, (at + 1) * each);
    return part.length === 0 ? [] : [{ line, items: part }];
  });
}
