import { computed, effect, signal, untracked } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type { ConnectionCharts } from '../../src/domain/observability/charts.ts';
import type { LiveServer, LiveUpdate } from '../../src/domain/observability/live.ts';
import { shownConnection } from '../../src/domain/observability/shownConnection.ts';
import type {
  ObservabilityContract,
  PanelConnection,
  PanelContext,
  PanelFocus,
  PanelTab,
} from '../../src/protocol/observability.ts';
import type { PanelChart } from '../../src/protocol/panelLink.ts';
import { connectToHost, keepState, keptState } from '../host.ts';
import { hostNowMs, setHostNow } from '../ui/hostClock.ts';
import { paced } from './paced.ts';
import { filterOfLink, periodsOfLink, scopeOfFilter, type Periods } from './link.ts';
import { visibleStretch } from './times.ts';
import { parseKeptState, noFilter, type TimelineFilter, type TimeRange } from './keptState.ts';

export const host = connectToHost<ObservabilityContract>();

const kept = parseKeptState(keptState());

export const context = signal<PanelContext | null>(null);
/** Why the host did not even say who is there. */
export const contextFailure = signal<Failure | null>(null);
export const tab = signal<PanelTab>(kept.tab);
const chosenConnectionId = signal<string | null>(kept.connectionId);
export const range = signal<TimeRange>(kept.range);
export const live = signal(kept.live);
export const filter = signal<TimelineFilter>(kept.filter);

export const connection = computed<PanelConnection | null>(() => {
  return shownConnection(context.value?.connections ?? [], chosenConnectionId.value) ?? null;
});

/** The host said who is there, and that history may be read. */
const isOpen = computed(() => context.value?.trusted === true);

/** The chart that a link leads to, until it was scrolled to. */
export const wantedChart = signal<PanelChart | null>(null);
/** The periods that a link wants compared, until they are. */
export const linkedPeriods = signal<Periods | null>(null);

/** The event that the host or another tab wants opened. */
export const openedEvent = signal<{ readonly id: string; readonly timestamp: string } | null>(null);

export const charts = signal<ConnectionCharts | null>(null);
export const chartsFailure = signal<Failure | null>(null);
/** What the host refused to do on a click. */
export const actFailure = signal<Failure | null>(null);
export const liveUpdate = signal<LiveUpdate | null>(null);
/** Looks of the last two minutes at the connection that is shown, oldest first; null = it did not answer. */
export const liveLooks = signal<readonly (LiveServer | null)[]>([]);
/** Grows when stored history may have changed. */
export const revision = signal(0);

const LOOKS_KEPT = 120;
/** The chosen range at this moment, UTC. */
export function currentWindow(): { readonly from: string; readonly to: string } {
  const chosen = range.peek();
  const toMs = chosen.kind === 'fixed' ? chosen.toMs : hostNowMs();
  const fromMs = chosen.kind === 'fixed' ? chosen.fromMs : toMs - chosen.minutes * 60_000;
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

export function isFollowing(): boolean {
  return live.value && range.value.kind === 'last';
}

export function choose(connectionId: string): void {
  chosenConnectionId.value = connectionId;
}

/** Stands still on a stretch; one that would reach into the future ends now. */
export function lookAt(fromMs: number, toMs: number): void {
  range.value = { kind: 'fixed', ...visibleStretch(fromMs, toMs, hostNowMs()) };
}

export function zoomTo(fromSeconds: number, toSeconds: number): void {
  lookAt(fromSeconds * 1000, toSeconds * 1000);
}

let lastFollowing: TimeRange = kept.range.kind === 'last' ? kept.range : { kind: 'last', minutes: 60 };

export function zoomOut(): void {
  if (range.peek().kind === 'fixed') range.value = lastFollowing;
}

export function act(what: Parameters<typeof host.request<'act'>>[1]): void {
  actFailure.value = null;
  host.request('act', what).catch((error: unknown) => {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') actFailure.value = failure;
  });
}

/** A run may have been any of these days. */
const LONGEST_MINUTES = 10_080;

function applyFocus(focus: PanelFocus): void {
  if (focus.tab !== undefined) tab.value = focus.tab;
  const [first] = focus.connectionIds ?? [];
  if (first !== undefined) choose(first);
  const filtered = filterOfLink(focus);
  if (filtered !== null) {
    filter.value = filtered;
    // A stretch that somebody looked at before has nothing to do with what the link is about.
    range.value = focus.runId === undefined ? lastFollowing : { kind: 'last', minutes: LONGEST_MINUTES };
  }
  if (focus.event !== undefined) openedEvent.value = focus.event;
  if (focus.metric !== undefined) wantedChart.value = focus.metric;
  if (focus.tab === 'compare') linkedPeriods.value = periodsOfLink(focus);
  if (focus.from !== undefined && focus.to !== undefined) {
    lookAt(Date.parse(focus.from), Date.parse(focus.to));
  }
}

function applyContext(next: PanelContext): void {
  setHostNow(Date.parse(next.now));
  context.value = next;
  contextFailure.value = null;
  if (next.focus !== undefined) applyFocus(next.focus);
}

/** Pulls everything anew: at the start, and when the page shows again, since a hidden page is told nothing. */
async function pull(): Promise<void> {
  try {
    applyContext(await host.request('ready', {}));
  } catch (error) {
    contextFailure.value = asFailure(error);
  }
}

interface FirstQuestion {
  readonly window: { readonly from: string; readonly to: string };
  readonly abort: AbortController;
  readonly answer: Promise<ConnectionCharts>;
}

let firstQuestion: FirstQuestion | undefined;

/**
 * Asks for the charts before the host has said who is there, so that it works while the page is still being read: of the
 * connection that was shown last, or of the one that is shown when nobody chose.
 */
function askFirst(): void {
  if (tab.peek() !== 'overview') return;
  const window = currentWindow();
  const abort = new AbortController();
  const connectionId = chosenConnectionId.peek();
  firstQuestion = { window, abort, answer: host.request('overview', { connectionId, ...window }, abort.signal) };
  // Without an answer the question is asked again, and that one's failure is shown.
  firstQuestion.answer.catch(() => undefined);
}

/** The first question's answer when it fits what is shown, once; else null. Never rejects. */
async function firstAnswer(
  connectionId: string,
  { from, to }: FirstQuestion['window'],
): Promise<ConnectionCharts | null> {
  const first = firstQuestion;
  firstQuestion = undefined;
  if (first === undefined) return null;
  const isSame = (a: string, b: string): boolean => Math.abs(Date.parse(a) - Date.parse(b)) <= chartsGapMs();
  if (!isSame(first.window.from, from) || !isSame(first.window.to, to)) {
    first.abort.abort();
    return null;
  }
  const answer = await first.answer.catch(() => null);
  return answer?.health.connectionId === connectionId ? answer : null;
}

let asking: AbortController | undefined;
let answering: Promise<void> = Promise.resolve();

/** Settles when no charts are awaited: what stands below them is asked for after them, so that they come first. */
export function chartsAnswered(): Promise<void> {
  return answering;
}

/** Asks for the charts of what is chosen now; an older question is dropped. Never rejects. */
export function loadCharts(): Promise<void> {
  answering = askForCharts();
  return answering;
}

async function askForCharts(): Promise<void> {
  const shown = connection.peek();
  if (shown === null || !isOpen.peek()) return;
  asking?.abort();
  const abort = new AbortController();
  asking = abort;
  const window = currentWindow();
  try {
    const answer =
      (await firstAnswer(shown.id, window)) ??
      (await host.request('overview', { connectionId: shown.id, ...window }, abort.signal));
    if (abort.signal.aborted) return;
    charts.value = answer;
    chartsFailure.value = null;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') chartsFailure.value = failure;
  }
}

/** What the host looks at for this page; null = at all history, at no server. */
const watchedId = computed(() =>
  (tab.value === 'timeline' || tab.value === 'slow') && scopeOfFilter(filter.value).kind !== 'chosen'
    ? null
    : (connection.value?.id ?? null),
);

/** How far apart charts are worth drawing anew: about a pixel's width of the range. */
function chartsGapMs(): number {
  const { from, to } = currentWindow();
  return Math.min(Math.max((Date.parse(to) - Date.parse(from)) / 720, 1000), 30_000);
}

const followCharts = paced(async () => {
  if (tab.peek() === 'overview' && isFollowing()) await loadCharts();
}, chartsGapMs);

function onLive(update: LiveUpdate): void {
  if (update.connectionId !== watchedId.peek()) return;
  if (update.revision !== liveUpdate.peek()?.revision) revision.value += 1;
  liveUpdate.value = update;
  if (update.server !== undefined || update.problem !== undefined) {
    liveLooks.value = [...liveLooks.peek().slice(1 - LOOKS_KEPT), update.server ?? null];
  }
}

function watch(connectionId: string | null, following: boolean): void {
  host.request('watch', { connectionId, live: following }).catch((error: unknown) => {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') actFailure.value = failure;
  });
}

/** Shows the events of a stretch in the timeline, with another filter. */
export function showEvents(change: Partial<TimelineFilter>, fromMs?: number, toMs?: number): void {
  filter.value = { ...noFilter, ...change };
  if (fromMs !== undefined && toMs !== undefined) lookAt(fromMs, toMs);
  tab.value = 'timeline';
}

/**
 * Asks the host while `shown`: at once when the connection or range changes (an older question is dropped), and at the
 * charts' pace, but at most every five seconds, when history has grown.
 */
export function follow(shown: PanelTab, load: (signal: AbortSignal) => Promise<void>): void {
  let asking: AbortController | undefined;
  const ask = (): Promise<void> => {
    asking?.abort();
    asking = new AbortController();
    return load(asking.signal);
  };
  const isAsked = (): boolean => tab.peek() === shown && isOpen.peek();
  const askAgain = paced(
    async () => {
      if (isAsked() && isFollowing()) await ask();
    },
    () => Math.max(5000, chartsGapMs()),
  );
  const scope = computed(() => (isOpen.value ? (connection.value?.id ?? null) : null));
  effect(() => {
    void [scope.value, range.value];
    if (tab.value === shown && scope.value !== null) untracked(() => void ask());
  });
  effect(() => {
    if (revision.value > 0) untracked(askAgain);
  });
}

/** Begins the conversation with the host; once per load of the page. */
export function start(): void {
  host.on('context', applyContext);
  host.on('focus', applyFocus);
  host.on('live', onLive);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    revision.value += 1;
    void pull();
  });
  const connectionId = computed(() => connection.value?.id ?? null);
  effect(() => {
    if (range.value.kind === 'last') lastFollowing = range.value;
    keepState({
      tab: tab.value,
      connectionId: chosenConnectionId.value,
      range: range.value,
      live: live.value,
      filter: filter.value,
    });
  });
  effect(() => {
    void connectionId.value;
    charts.value = null;
    actFailure.value = null;
    liveUpdate.value = null;
    liveLooks.value = [];
  });
  effect(() => {
    const watched = watchedId.value;
    const following = isFollowing();
    if (isOpen.value) untracked(() => watch(watched, following));
  });
  effect(() => {
    void [connectionId.value, range.value, isOpen.value];
    if (tab.value === 'overview' && isOpen.value) untracked(() => void loadCharts());
  });
  effect(() => {
    if (revision.value > 0) untracked(followCharts);
  });
  void pull();
  askFirst();
}
