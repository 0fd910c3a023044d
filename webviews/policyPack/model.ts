import { computed, signal } from '@preact/signals';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import { checkPack } from '../../src/domain/governance/checkPack.ts';
import type { ExecutionWindow, PackContent, PackEnvironment } from '../../src/domain/governance/pack.ts';
import { minuteOfDay, minutesOfWindows, type WeekSet } from '../../src/domain/governance/week.ts';
import type { PackAct, PackSnapshot, PolicyPackContract, ReplayAnswer } from '../../src/protocol/policyPack.ts';
import { connectToHost, keepState } from '../host.ts';
import { hostNowMs, setHostNow } from '../ui/hostClock.ts';
import { keptId, loadInto, loadWhenShown } from '../ui/pageModel.ts';

const host = connectToHost<PolicyPackContract>();

/** The pack as it is being edited; numbers may be missing while somebody types. */
export interface Draft extends Omit<PackContent, 'maxWorkflowItems' | 'maxRetryAttempts' | 'environments'> {
  readonly description: string;
  readonly environments: readonly PackEnvironment[];
  readonly maxWorkflowItems: number | null;
  readonly maxRetryAttempts: number | null;
}

/** null until the host answered. */
export const snapshot = signal<PackSnapshot | null>(null);
export const draft = signal<Draft | null>(null);
export const failure = signal<Failure | null>(null);
/** A field that was touched shows what is wrong with it at once; saving shows all. */
export const touched = signal<ReadonlySet<string>>(new Set());
export const busy = signal<'save' | 'replay' | 'act' | null>(null);
export const replayed = signal<{ readonly answer: ReplayAnswer; readonly of: string } | null>(null);
/** Milliseconds since the epoch, moved on by the page. */
export const now = signal(0);

let shownPack: string | null = keptId('packId');

/** The first rule that the draft breaks, with its field. */
export const problem = computed((): { readonly path: string; readonly message: string } | null => {
  if (draft.value === null) return null;
  try {
    checkPack(written(draft.value));
    return null;
  } catch (error) {
    const { details, message } = asFailure(error);
    return { path: details?.path ?? '', message };
  }
});

export const changed = computed(
  () =>
    snapshot.value !== null &&
    draft.value !== null &&
    (snapshot.value.packId === null ||
      JSON.stringify(written(draft.value)) !== JSON.stringify(written(draftOf(snapshot.value.content)))),
);

/** Windows whose times are whole, for the grid: a window that is being typed is not drawn yet. */
export const drawnSet = computed((): WeekSet =>
  minutesOfWindows((draft.value?.executionWindows ?? []).filter(isWhole)),
);

function isWhole({ startTime, endTime, weekdays }: ExecutionWindow): boolean {
  const start = minuteOfDay(startTime);
  const end = minuteOfDay(endTime);
  return start !== null && start < 1440 && end !== null && start !== end && weekdays.length > 0;
}

export function start(): void {
  host.on('snapshot', show);
  setInterval(() => {
    if (snapshot.peek() !== null) now.value = hostNowMs();
  }, 10_000);
  void loadWhenShown(load);
}

export function load(): Promise<void> {
  return loadInto(failure, () => host.request('ready', { packId: shownPack }), show);
}

/** What somebody typed and has not saved stays when the pack is the same and its stored content did not change. */
function show(next: PackSnapshot): void {
  const before = snapshot.peek();
  const same = before !== null && before.packId === next.packId && before.version === next.version;
  const keepsDraft = same && changed.peek();
  snapshot.value = next;
  setHostNow(next.nowMs);
  now.value = next.nowMs;
  shownPack = next.packId;
  keepState({ packId: shownPack });
  if (keepsDraft) return;
  draft.value = draftOf(next.content);
  if (same) return;
  touched.value = new Set();
  replayed.value = null;
}

export function draftOf(content: PackContent): Draft {
  return { ...content, description: content.description ?? '' };
}

/** As it is sent and checked. */
function written(edited: Draft) {
  const { name, description, environments, maxWorkflowItems, maxRetryAttempts, schedulingEnabled, executionWindows } =
    edited;
  return {
    name,
    ...(description === '' ? {} : { description }),
    environments: [...environments],
    maxWorkflowItems,
    maxRetryAttempts,
    schedulingEnabled,
    executionWindows: executionWindows.map(({ id, weekdays, startTime, endTime, timezone }) => ({
      id,
      weekdays: [...weekdays],
      startTime,
      endTime,
      timezone,
    })),
    enabled: edited.enabled,
  };
}

export function edit(changes: Partial<Draft>): void {
  if (draft.peek() === null || snapshot.peek()?.source === 'settings') return;
  draft.value = { ...(draft.peek() as Draft), ...changes };
  touched.value = new Set([...touched.peek(), ...Object.keys(changes)]);
}

/** What is wrong with a field, once somebody has been there. */
export function problemOf(field: string): string | null {
  const found = problem.value;
  if (found === null || (found.path !== field && !found.path.startsWith(`${field}.`))) return null;
  const [top = ''] = field.split('.');
  return touched.value.has(top) ? found.message : null;
}

export async function save(): Promise<void> {
  const edited = draft.peek();
  if (edited === null || busy.peek() !== null) return;
  touched.value = new Set(Object.keys(edited));
  if (problem.peek() !== null) {
    document.querySelector<HTMLElement>('.field-problem')?.scrollIntoView({ block: 'center' });
    return;
  }
  await doing('save', async () => {
    const next = await host.request('save', { content: written(edited) });
    draft.value = draftOf(next.content);
    show(next);
  });
}

/** Brings an earlier version into the form, to be looked at and saved. */
export function takeVersion(content: PackContent): void {
  edit(draftOf(content));
}

export function revert(): void {
  const shown = snapshot.peek();
  if (shown === null) return;
  draft.value = draftOf(shown.content);
  touched.value = new Set();
}

export async function assign(uid: string, held: boolean): Promise<void> {
  await doing('act', async () => show(await host.request('assign', { uid, held })));
}

export async function replay(days: number): Promise<void> {
  const edited = draft.peek();
  if (edited === null) return;
  await doing('replay', async () => {
    const content = written(edited);
    const answer = await host.request('replay', { content, days });
    replayed.value = { answer, of: JSON.stringify(content) };
  });
}

/** Whether what the replay says is about the pack as it stands now. */
export const replayIsCurrent = computed(
  () => draft.value !== null && replayed.value?.of === JSON.stringify(written(draft.value)),
);

export async function act(what: PackAct): Promise<void> {
  await doing('act', () => host.request('act', { act: what }));
}

export function dismissExplanation(): void {
  const shown = snapshot.peek();
  if (shown !== null) snapshot.value = { ...shown, explanation: null };
  void host.request('dismissExplanation', {});
}

async function doing(what: 'save' | 'replay' | 'act', run: () => Promise<unknown>): Promise<void> {
  if (busy.peek() !== null) return;
  busy.value = what;
  failure.value = null;
  try {
    await run();
  } catch (error) {
    failure.value = asFailure(error);
  } finally {
    busy.value = null;
  }
}
