import { computed, effect, signal, untracked } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { scopeOfFilter } from './link.ts';
import { paced } from './paced.ts';
import type { PanelTab, TimelineRows, TimelineSelection } from '../../src/protocol/observability.ts';
import { connection, currentWindow, filter, host, isFollowing, openedEvent, range, revision, tab } from './model.ts';

/** Loaded rows, newest first; the rest of `total` is loaded as it comes into view. */
export const rows = signal<readonly HistoryEvent[]>([]);
export const total = signal(0);
/** Nothing was asked yet, or an answer is awaited. */
export const loading = signal(true);
export const failure = signal<Failure | null>(null);
/** Newer rows that wait, so that what a person reads does not move. */
export const waiting = signal<readonly HistoryEvent[]>([]);
export const selectedId = signal<string | null>(null);
export const detailsOpen = signal(false);
export const selected = computed(() => rows.value.find((row) => row.id === selectedId.value) ?? null);

const PAGE = 200;
const TEXT_DELAY_MS = 200;

let cursor: string | undefined;
let asking: AbortController | undefined;
let atTop = true;
/** What the loaded rows were asked for: paging must not move with the clock, nor an export with a filter being typed. */
let listed = chosenSelection();

/** What is listed now. */
export function selection(): TimelineSelection {
  return listed;
}

/** What is chosen at this moment; on its own tab only what was slow. */
function chosenSelection(): TimelineSelection {
  const { text, statuses, actions, environments, runId, pattern, source } = filter.peek();
  const scope = scopeOfFilter(filter.peek());
  const chosen = connection.peek();
  return {
    ...currentWindow(),
    ...(scope.kind === 'some' ? { connectionIds: [...scope.connectionIds] } : {}),
    ...(scope.kind === 'chosen' && chosen !== null ? { connectionIds: [chosen.id] } : {}),
    ...(environments.length === 0 ? {} : { environments: [...environments] }),
    ...(runId === '' ? {} : { runId }),
    ...(text === '' ? {} : { text }),
    ...(statuses.length === 0 ? {} : { statuses: [...statuses] }),
    ...(actions.length === 0 ? {} : { actions: [...actions] }),
    ...(pattern === '' ? {} : { pattern }),
    ...(source === '' ? {} : { source }),
    ...(tab.peek() === 'slow' ? { slow: true } : {}),
  };
}

async function ask(after?: string): Promise<TimelineRows | null> {
  asking?.abort();
  const abort = new AbortController();
  asking = abort;
  loading.value = true;
  const query = { ...listed, limit: PAGE, ...(after === undefined ? {} : { cursor: after }) };
  try {
    const page = await host.request('timeline', query, abort.signal);
    failure.value = null;
    return page;
  } catch (error) {
    const caught = asFailure(error);
    if (caught.code !== 'CANCELLED') failure.value = caught;
    return null;
  } finally {
    if (asking === abort) loading.value = false;
  }
}

/** Everything anew, for another filter, range or connection. */
export async function reload(): Promise<void> {
  listed = chosenSelection();
  const page = await ask();
  if (page !== null) replace(page);
}

function replace(page: TimelineRows): void {
  rows.value = page.events;
  const wanted = openedEvent.peek();
  if (wanted !== null && page.events.some(({ id }) => id === wanted.id)) {
    openedEvent.value = null;
    selectedId.value = wanted.id;
    detailsOpen.value = true;
  }
  total.value = page.total;
  cursor = page.cursor;
  waiting.value = [];
}

export async function loadMore(): Promise<void> {
  if (loading.peek() || cursor === undefined) return;
  const page = await ask(cursor);
  if (page === null) return;
  rows.value = [...rows.peek(), ...notLoaded(page.events)];
  cursor = page.cursor;
}

function notLoaded(events: readonly HistoryEvent[]): HistoryEvent[] {
  const known = new Set(rows.peek().map((row) => row.id));
  return events.filter((event) => !known.has(event.id));
}

/** What is newer than the loaded rows; when that is more than a page, everything begins anew. */
async function follow(): Promise<void> {
  if (loading.peek()) return;
  if (rows.peek().length === 0) return reload();
  listed = { ...listed, to: currentWindow().to };
  const page = await ask();
  if (page === null) return;
  const fresh = notLoaded(page.events);
  if (fresh.length === page.events.length) return replace(page);
  total.value = page.total;
  waiting.value = fresh;
  if (atTop && !detailsOpen.peek()) showWaiting();
}

const wantNewer = paced(
  async () => {
    if (listsEvents(tab.peek()) && isFollowing()) await follow();
  },
  () => 1000,
);

export function showWaiting(): void {
  rows.value = [...waiting.peek(), ...rows.peek()];
  waiting.value = [];
}

export function scrolled(topPx: number): void {
  atTop = topPx < 22;
}

function listsEvents(shown: PanelTab): boolean {
  return shown === 'timeline' || shown === 'slow';
}

/** What is slow and what happened are two lists: the rows of one are never shown as the other's. */
function forgetRows(): void {
  rows.value = [];
  waiting.value = [];
  loading.value = true;
  cursor = undefined;
}

/** Loads while the tab is shown; typing settles first. */
export function startTimeline(): void {
  const scope = computed(() => (scopeOfFilter(filter.value).kind === 'chosen' ? (connection.value?.id ?? null) : ''));
  let typing: ReturnType<typeof setTimeout> | undefined;
  let asked = '';
  let askedText = '';
  let shownTab: PanelTab | undefined;
  effect(() => {
    const wanted = JSON.stringify([scope.value, range.value, filter.value, tab.value]);
    const { text } = filter.value;
    if (!listsEvents(tab.value)) return;
    if (tab.value !== shownTab) {
      untracked(forgetRows);
      asked = '';
    }
    shownTab = tab.value;
    if (scope.value === null || wanted === asked) return;
    clearTimeout(typing);
    const ask = (): void => {
      asked = wanted;
      askedText = text;
      void reload();
    };
    typing = setTimeout(ask, text === askedText ? 0 : TEXT_DELAY_MS);
  });
  effect(() => {
    if (revision.value > 0) untracked(wantNewer);
  });
}
