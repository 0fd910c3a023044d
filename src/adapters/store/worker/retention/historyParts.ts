import type { KeptDataset } from '../../../../domain/retention/dataset.ts';
import type { Pin } from '../../../../domain/retention/pins.ts';
import type { Stretch } from '../../../../domain/retention/purge.ts';
import type { TableContent } from '../../generations/manifest.ts';
import type { PartContent } from '../../parts.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { EventPart } from '../../storeOptions.ts';
import { contentOf, eventTable, sampleTable } from '../partContent.ts';

export type HistoryDataset = Extract<KeptDataset, 'timelineEvents' | 'observabilitySnapshots'>;

const tables: Readonly<Record<HistoryDataset, string>> = {
  timelineEvents: eventTable,
  observabilitySnapshots: sampleTable,
};

export function isHistoryDataset(dataset: KeptDataset): dataset is HistoryDataset {
  return dataset === 'timelineEvents' || dataset === 'observabilitySnapshots';
}

export function tableOf(dataset: HistoryDataset): string {
  return tables[dataset];
}

/** One part as a purge of one table sees it. */
export interface TablePart {
  readonly part: EventPart;
  readonly content: TableContent;
  readonly stretch: Stretch<EventPart['id']>;
}

/** Finished parts never change without becoming other objects: what an earlier version did not write down is read once. */
const counted = new WeakMap<PartContent, PartContent>();

function contentIn(part: EventPart): PartContent | undefined {
  const { content } = part;
  if (content?.tables !== undefined) return content;
  const known = content === undefined ? undefined : counted.get(content);
  if (known !== undefined) return known;
  const database = part.open();
  if (database === undefined) return undefined;
  const found = contentOf(database);
  if (content !== undefined) counted.set(content, found);
  return found;
}

/** The parts in which rows of a table are to be seen, newest first, with what they hold of it. */
export function partsWith(history: StoreEngine, table: string): TablePart[] {
  return history.eventParts(table).flatMap((part) => {
    const content = contentIn(part);
    const own = content?.tables?.[table];
    if (content === undefined || own === undefined || own.rows === 0 || own.from === null || own.to === null) return [];
    const { rows, from, to } = own;
    return [{ part, content: own, stretch: { id: part.id, rows, from, to, bytes: ownBytes(part, content, own) } }];
  });
}

/** The table's share of the part's file; before there is one, an estimate. What a purge set aside in it is not its. */
function ownBytes(part: EventPart, content: PartContent, own: TableContent): number {
  const tables = Object.values(content.tables ?? {});
  const all = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = tables.reduce((sum, one) => sum + one.rows, 0);
  if (part.fileBytes === undefined || all === 0 || content.rows === 0) return own.bytes;
  return Math.round(((part.fileBytes * own.bytes) / all) * (rows / content.rows));
}

/** Per connection the time of its newest sample in any part. */
export function newestSamples(parts: readonly TablePart[]): Record<string, string> {
  const newest: Record<string, string> = {};
  for (const { content } of parts) {
    for (const [id, at] of Object.entries(content.newest ?? {})) {
      if ((newest[id] ?? '') < at) newest[id] = at;
    }
  }
  return newest;
}

/** Whether a pin can hold rows of a part: only then its rows must be read. */
export function mayHold(pin: Pin, table: string, { from, to }: Pick<Stretch, 'from' | 'to'>): boolean {
  if (table !== sampleTable && (pin.runIds ?? []).length > 0 && to >= (pin.since ?? '')) return true;
  return (pin.windows ?? []).some((window) => window.from <= to && window.to > from);
}
