import type { PlanRequest } from '../../../../app/ports/retention.ts';
import type { Pin } from '../../../../domain/retention/pins.ts';
import { bytesOver, reachOf, sizeCut, type PinnedRows, type Reach } from '../../../../domain/retention/purge.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import { sampleTable } from '../partContent.ts';
import { countWhere, heldWhere, victimsWhere, type HistoryVictims } from './conditions.ts';
import { mayHold, newestSamples, partsWith, tableOf, type HistoryDataset, type TablePart } from './historyParts.ts';

/** The parts that a purge changes, and which of their rows. Plain data: it is stored, so that the purge can go on. */
export interface HistoryBody {
  readonly victims: HistoryVictims;
  readonly parts: readonly { readonly part: number; readonly rows: number; readonly reach: Exclude<Reach, 'none'> }[];
  /** Whether what goes is kept aside for undo. */
  readonly undo: boolean;
}

export interface HistoryPlan {
  readonly kind: 'history';
  readonly dataset: HistoryDataset;
  readonly victims: HistoryVictims;
  readonly parts: HistoryBody['parts'];
  /** Parts that were finished when the plan was made. */
  readonly known: ReadonlySet<number>;
  /** Ids of the victims in the part that was growing then. */
  readonly growing: ReadonlySet<string>;
  readonly rows: number;
  readonly bytes: number;
  readonly usedBytes: number;
  readonly pinned: readonly PinnedRows[];
}

/** A later moment than any row's. */
const never = '~';

/** A dry run over the parts: those that a cutoff takes whole are told by what is known of them, without reading them. */
export function planHistory(history: StoreEngine, dataset: HistoryDataset, request: PlanRequest): HistoryPlan {
  const table = tableOf(dataset);
  const parts = partsWith(history, table);
  const newest = table === sampleTable ? newestSamples(parts) : {};
  const { pins } = request;
  const usedBytes = parts.reduce((sum, { stretch }) => sum + stretch.bytes, 0);
  const cutoff = cutoffOf(parts, usedBytes, { table, pins, newest, except: [], cutoff: never }, request);
  const victims: HistoryVictims = { table, cutoff, pins, newest, except: [] };
  const found = parts.flatMap((part) => {
    const rows = victimsIn(part, victims);
    return rows === 0
      ? []
      : [{ ...part, rows, reach: rows === part.content.rows ? ('all' as const) : ('some' as const) }];
  });
  return {
    kind: 'history',
    dataset,
    victims,
    parts: found.flatMap(({ part, rows, reach }) =>
      typeof part.id === 'number' ? [{ part: part.id, rows, reach }] : [],
    ),
    known: new Set(history.eventParts().flatMap(({ id }) => (typeof id === 'number' ? [id] : []))),
    growing: new Set(found.flatMap(({ part }) => (part.id === 'part' ? victimIds(part.open(), victims) : []))),
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    bytes: Math.round(found.reduce((sum, { rows, stretch }) => sum + (stretch.bytes * rows) / stretch.rows, 0)),
    usedBytes,
    pinned: pinnedRows(parts, victims),
  };
}

/** The later of what age asks for and what the budget asks for. */
function cutoffOf(
  parts: readonly TablePart[],
  usedBytes: number,
  everything: HistoryVictims,
  { cutoff, budgetBytes, downTo }: PlanRequest,
): string {
  const byAge = cutoff ?? '';
  const over = downTo === null ? 0 : bytesOver(usedBytes, budgetBytes, downTo);
  if (over === 0) return byAge;
  const stretches = parts.map(({ stretch }) => stretch);
  const partOf = (id: unknown): TablePart | undefined => parts.find(({ part }) => part.id === id);
  const cut = sizeCut(stretches, over, ({ id, rows }) => {
    const part = partOf(id);
    return part === undefined ? 0 : rows - victimsIn(part, everything);
  });
  const bySize = [...cut.whole.map(({ to }) => after(to)), partialCutoff(cut.partial, partOf, everything)];
  return bySize.reduce((late, one) => (one > late ? one : late), byAge);
}

function partialCutoff(
  partial: { readonly stretch: { readonly id: unknown }; readonly rows: number } | null,
  partOf: (id: unknown) => TablePart | undefined,
  everything: HistoryVictims,
): string {
  const database = partial === null ? undefined : partOf(partial.stretch.id)?.part.open();
  if (partial === null || database === undefined) return '';
  const where = victimsWhere(everything);
  const [row] = database.rows(
    `SELECT timestamp FROM ${everything.table} WHERE ${where.sql} ORDER BY timestamp LIMIT 1 OFFSET ?`,
    [...where.params, partial.rows - 1],
  );
  return typeof row?.[0] === 'string' ? after(row[0]) : '';
}

/** The first moment that is later: cutoffs are exclusive. */
function after(timestamp: string): string {
  return new Date(Date.parse(timestamp) + 1).toISOString();
}

/** How many rows of a part stay because they are the newest samples of their connections: known without reading it. */
function newestIn({ content }: TablePart, { newest, cutoff }: HistoryVictims): number {
  return Object.entries(content.newest ?? {}).filter(([id, at]) => newest[id] === at && at < cutoff).length;
}

function victimsIn(one: TablePart, victims: HistoryVictims): number {
  const { stretch, part, content } = one;
  const reach = reachOf(stretch, victims.cutoff);
  if (reach === 'none') return 0;
  if (reach === 'all' && !victims.pins.some((pin) => mayHold(pin, victims.table, stretch))) {
    return content.rows - newestIn(one, victims);
  }
  const database = part.open();
  return database === undefined ? 0 : countWhere(database, victims.table, victimsWhere(victims));
}

function victimIds(database: ReturnType<TablePart['part']['open']>, victims: HistoryVictims): string[] {
  const where = victimsWhere(victims);
  const rows = database?.rows(`SELECT id FROM ${victims.table} WHERE ${where.sql}`, where.params) ?? [];
  return rows.map(([id]) => String(id));
}

function pinnedRows(parts: readonly TablePart[], victims: HistoryVictims): PinnedRows[] {
  const before = parts.filter(({ stretch }) => reachOf(stretch, victims.cutoff) !== 'none');
  const held = victims.pins.map((pin) => ({
    reason: pin.reason,
    label: pin.label,
    rows: sumOver(
      before.filter(({ stretch }) => mayHold(pin, victims.table, stretch)),
      victims,
      pin,
    ),
  }));
  const newest = before.reduce((sum, part) => sum + newestIn(part, victims), 0);
  const label = 'The newest sample of each connection';
  return [...held, { reason: 'newestSnapshot' as const, label, rows: newest }].filter(({ rows }) => rows > 0);
}

function sumOver(parts: readonly TablePart[], victims: HistoryVictims, pin: Pin): number {
  return parts.reduce((sum, { part }) => {
    const database = part.open();
    return database === undefined ? sum : sum + countWhere(database, victims.table, heldWhere(victims, pin));
  }, 0);
}

/**
 * Makes a plan of what can go on after a crash: the part that was growing is ended, so that its victims stand in a finished
 * one; rows that came since the plan are named and stay.
 */
export async function bodyOf(history: StoreEngine, plan: HistoryPlan, undo: boolean): Promise<HistoryBody> {
  if (plan.growing.size === 0) return { victims: plan.victims, parts: plan.parts, undo };
  const since = (): TablePart[] =>
    partsWith(history, plan.victims.table).filter(({ part }) => part.id === 'part' || !plan.known.has(Number(part.id)));
  if (since().some(({ part }) => part.id === 'part')) await history.seal();
  const parts = [...plan.parts];
  const except: string[] = [];
  for (const { part, content } of since()) {
    if (typeof part.id !== 'number') continue;
    const ids = victimIds(part.open(), plan.victims);
    const planned = ids.filter((id) => plan.growing.has(id));
    except.push(...ids.filter((id) => !plan.growing.has(id)));
    if (planned.length === 0) continue;
    parts.push({ part: part.id, rows: planned.length, reach: planned.length === content.rows ? 'all' : 'some' });
  }
  return { victims: { ...plan.victims, except }, parts, undo };
}
