import { signal } from '@preact/signals';
import { asFailure, failureFrom, type Failure } from '../../src/domain/failure.ts';
import type { IncidentRequest } from '../../src/domain/incidents/definition.ts';
import type { BundleAct, BundleSnapshot, IncidentBundleContract } from '../../src/protocol/incidentBundle.ts';
import { connectToHost } from '../host.ts';
import { setHostNow } from '../ui/hostClock.ts';
import { loadInto, loadWhenShown } from '../ui/pageModel.ts';

const host = connectToHost<IncidentBundleContract>();

/** null until the host answered. */
export const snapshot = signal<BundleSnapshot | null>(null);
/** What the form says; a preview is asked for with it. */
export const draft = signal<IncidentRequest | null>(null);
export const failure = signal<Failure | null>(null);
export const acting = signal(false);

let takenOver = -1;

export function start(): void {
  host.on('snapshot', show);
  void loadWhenShown(load);
}

export function load(): Promise<void> {
  return loadInto(failure, () => host.request('ready', {}), show);
}

function show(next: BundleSnapshot): void {
  setHostNow(Date.parse(next.now));
  snapshot.value = next;
  failure.value = next.problem === null ? null : failureFrom(next.problem);
  if (next.requestNumber === takenOver) return;
  takenOver = next.requestNumber;
  draft.value = next.request;
}

/** Changes the form; a new range shows its chart at once. */
export function edit(change: Partial<IncidentRequest>): void {
  const before = draft.peek();
  if (before === null) return;
  const { connectionIds, ...rest } = { ...before, ...change };
  draft.value = connectionIds === undefined ? rest : { ...rest, connectionIds };
  if (change.from === undefined && change.to === undefined) return;
  const { from, to } = rest;
  if (Date.parse(to) > Date.parse(from)) void asking(() => host.request('range', { from, to }));
}

export async function preview(): Promise<void> {
  const request = draft.peek();
  if (request === null) return;
  await asking(() =>
    host.request('preview', {
      ...request,
      connectionIds: request.connectionIds === undefined ? undefined : [...request.connectionIds],
      includes: [...request.includes],
    }),
  );
}

export async function act(what: BundleAct): Promise<void> {
  if (acting.peek()) return;
  acting.value = true;
  await asking(() => host.request('act', { act: what }));
  acting.value = false;
}

async function asking(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    failure.value = asFailure(error);
  }
}
