import type { ConnectionDefinition, ConnectionDraft, ConnectionScope } from '../../domain/connections/definition.ts';
import { approvalSubject, concernsOf, heldBack, type Concern } from '../../domain/connections/effective.ts';
import { isRecord, type Problem } from '../../domain/connections/fields.ts';
import { UID_LENGTH, uidSource } from '../../domain/connections/identity.ts';
import { validateConnection } from '../../domain/connections/validate.ts';
import { utf8 } from '../../domain/bytes.ts';
import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';
import type { ConfiguredConnection, Digest, Memory, Settings } from '../ports/environment.ts';

interface EntryPlace {
  readonly uid: string;
  readonly id: string;
  readonly name: string;
  readonly scope: ConnectionScope;
  readonly scopeRoot: string;
}

/** An entry of `cachify.connections` that can be used. */
export interface UsableEntry extends EntryPlace {
  readonly usable: true;
  readonly draft: ConnectionDraft;
  /** As the file says. */
  readonly written: ConnectionDefinition;
  /** What is used: the stricter values where something waits for approval. */
  readonly definition: ConnectionDefinition;
  /** What waits for the person's approval on this machine. */
  readonly concerns: readonly Concern[];
}

/** An entry that breaks a rule: listed with its problems, never connected. */
export interface BrokenEntry extends EntryPlace {
  readonly usable: false;
  readonly raw: unknown;
  readonly problems: readonly Problem[];
}

export type Entry = UsableEntry | BrokenEntry;

const APPROVALS = 'connections.approvals';
const specificity: Readonly<Record<ConnectionScope, number>> = { folder: 0, workspace: 1, user: 2 };

/** Every connection that settings define, validated, with what a shared file may not decide alone held back. */
export class Catalogue {
  readonly #settings: Settings;
  readonly #digest: Digest;
  readonly #memory: Memory;
  #entries: readonly Entry[] | undefined;

  constructor(settings: Settings, digest: Digest, memory: Memory) {
    this.#settings = settings;
    this.#digest = digest;
    this.#memory = memory;
  }

  /** In the order of settings, the user's own first. */
  entries(): readonly Entry[] {
    this.#entries ??= this.#read();
    return this.#entries;
  }

  /** Forgets what was read: settings or approvals changed. */
  invalidate(): void {
    this.#entries = undefined;
  }

  byUid(uid: string): Entry | undefined {
    return this.entries().find((entry) => entry.uid === uid);
  }

  /** By uid, or by id: the folder's entry before the workspace's before the user's. @throws Failure VALIDATION_ERROR */
  find(idOrUid: string): Entry {
    const exact = this.byUid(idOrUid);
    if (exact) return exact;
    const [first, second] = this.entries()
      .filter((entry) => entry.id === idOrUid)
      .sort((a, b) => specificity[a.scope] - specificity[b.scope]);
    if (!first) {
      throw validationFailure('id', `There is no connection ${display(idOrUid)} in the setting cachify.connections.`);
    }
    if (first.scope === 'folder' && second?.scope === 'folder' && first.scopeRoot !== second.scopeRoot) {
      throw validationFailure(
        'id',
        `Two folders define a connection ${display(idOrUid)}: name the one you mean by uid.`,
      );
    }
    return first;
  }

  uid(scopeRoot: string, id: string): string {
    return this.#digest.sha256(uidSource(scopeRoot, id)).slice(0, UID_LENGTH);
  }

  /** The person allows what the entry asks for, on this machine, until it asks for something else. */
  async approve(entry: UsableEntry): Promise<void> {
    const approvals = { ...this.#approvals(), [entry.uid]: this.#approvalOf(entry.written, entry.concerns) };
    await this.#memory.set(APPROVALS, approvals);
    this.invalidate();
  }

  #read(): readonly Entry[] {
    const seen = new Set<string>();
    const checked = this.#settings.connections().map((configured, at) => this.#check(configured, at, seen));
    const own = new Map(
      checked.flatMap((entry) => (entry.usable && entry.scope === 'user' ? [[entry.id, entry.written] as const] : [])),
    );
    return checked.map((entry) => (entry.usable ? this.#settle(entry, own.get(entry.id)) : entry));
  }

  #check(configured: ConfiguredConnection, at: number, seen: Set<string>): Entry {
    const { scope, scopeRoot, draft: raw } = configured;
    const id = isRecord(raw) && typeof raw['id'] === 'string' ? raw['id'].slice(0, 64) : '';
    const given = isRecord(raw) && typeof raw['name'] === 'string' ? raw['name'].slice(0, 100) : '';
    const twice = id !== '' && seen.has(JSON.stringify([scopeRoot, id]));
    seen.add(JSON.stringify([scopeRoot, id]));
    const uid = this.uid(scopeRoot, id === '' || twice ? `#${at}` : id);
    const place = { uid, id, name: given || id || `entry ${at + 1}`, scope, scopeRoot };
    const result = validateConnection(raw, { uid, scope });
    if (!result.ok) return { ...place, usable: false, raw, problems: result.problems };
    if (twice) return { ...place, usable: false, raw, problems: [{ path: 'id', rule: 'is used by an earlier entry' }] };
    const written = result.definition;
    return { ...place, usable: true, draft: result.draft, written, definition: written, concerns: [] };
  }

  #settle(entry: UsableEntry, own: ConnectionDefinition | undefined): UsableEntry {
    const concerns = concernsOf(entry.written, own);
    if (concerns.length === 0 || this.#approvals()[entry.uid] === this.#approvalOf(entry.written, concerns)) {
      return entry;
    }
    return { ...entry, definition: heldBack(entry.written, own, concerns), concerns };
  }

  #approvals(): Readonly<Record<string, unknown>> {
    const kept = this.#memory.get(APPROVALS);
    return isRecord(kept) ? kept : {};
  }

  #approvalOf(written: ConnectionDefinition, concerns: readonly Concern[]): string {
    return this.#digest.sha256([utf8(approvalSubject(written, concerns))]);
  }
}
