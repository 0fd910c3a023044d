import type { StoreHealth } from '../app/ports/stores.ts';

/** What was found damaged, as the store reports it. */
export interface StoreDamage {
  readonly store: 'control' | 'history';
  readonly kind: 'damagedFile' | 'missingWrites' | 'tornTail' | 'unreadable';
  readonly file: string;
  readonly missing: { readonly from: string | null; readonly to: string | null } | null;
}

const contents = {
  control: 'workflows, rules, policy packs and previous values of keys',
  history: 'timeline and samples',
} as const;

const found = {
  damagedFile: 'A file was damaged and has been set aside; the copy before it is in use.',
  missingWrites: 'A part of the file is missing.',
  tornTail: 'The last write had not been finished when VS Code ended; it was never confirmed.',
  unreadable: 'It cannot be read.',
} as const;

/** One message for a person: what happened, what it means, which time range may be missing. */
export function storeDamageMessage(damage: StoreDamage): string {
  const { store, kind, file, missing } = damage;
  return `The local store of Cachify (${contents[store]}, file ${file}): ${found[kind]} ${missingRange(missing)}`;
}

function missingRange(missing: StoreDamage['missing']): string {
  if (missing === null) return 'Nothing that was confirmed is missing.';
  const { from, to } = missing;
  if (from === null && to === null) return 'What is missing, if anything, is not known.';
  return `Entries ${from === null ? '' : `from ${from} `}${to === null ? 'on' : `to ${to}`} may be missing.`;
}

/** Null when all is well. */
export function storeHealthMessage(health: StoreHealth): string | null {
  if (health.kind === 'ready') return null;
  if (health.kind === 'notCompacted') {
    return `The local store of Cachify saves everything, but cannot tidy its files: ${health.reason}. They grow until this is solved.`;
  }
  const state = health.kind === 'readOnly' ? 'is read-only' : 'is not available';
  return `The local store of Cachify ${state}: ${health.reason}. What happens now is not being saved.`;
}
