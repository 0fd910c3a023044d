import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import { Failure, isFailure, validationFailure } from '../../domain/failure.ts';
import { checkPack } from '../../domain/governance/checkPack.ts';
import { conflictsOf } from '../../domain/governance/conflicts.ts';
import type { UnreadablePack } from '../../domain/governance/decide.ts';
import type { Decision, RecordedDecision } from '../../domain/governance/decision.ts';
import type { PackContent, PolicyPack, PolicyPackDraft } from '../../domain/governance/pack.ts';
import { packFileText, packsOfFile, type FiledPack } from '../../domain/governance/packFile.ts';
import { replayPack } from '../../domain/governance/replay.ts';
import { isSettingsPackId, settingsPacks, type SettingsPack } from '../../domain/governance/settingsPack.ts';
import { governedActions } from '../../domain/governance/words.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Trust } from '../ports/environment.ts';
import type { ConfiguredPacks, GovernanceStore, StoredPack } from '../ports/governance.ts';
import { readable } from './holdingPacks.ts';
import type { Policies } from './policies.ts';

export interface GovernanceServiceParts {
  readonly store: GovernanceStore;
  readonly policies: Policies;
  readonly configured: ConfiguredPacks;
  readonly trust: Pick<Trust, 'isTrusted'>;
  readonly clock: Clock;
  readonly newId: () => string;
  /** By id or uid. @throws Failure VALIDATION_ERROR when there is none */
  definitionOf(connectionId: string): ConnectionDefinition;
  /** Every connection that can be used. */
  definitions(): readonly ConnectionDefinition[];
  /** Told when packs or assignments may be others: here, in settings, or in another window. */
  onDidChange(listener: () => void): { dispose(): void };
}

const defaultLimit = 200;
/** More decisions than are ever kept. */
const allDecisions = 60_000;

/** What the Governance view shows of one pack. */
export interface PackView {
  readonly pack: PolicyPack;
  /** `uid` of the connections on which it holds. */
  readonly connections: readonly ConnectionDefinition[];
}

export interface PackVersion {
  readonly version: number;
  readonly savedAt: string;
  readonly content: PackContent;
}

/** The API's namespace `governance`. */
export class GovernanceService {
  readonly #parts: GovernanceServiceParts;
  readonly #listeners = new Set<() => void>();

  constructor(parts: GovernanceServiceParts) {
    this.#parts = parts;
    parts.onDidChange(() => this.#changed());
    parts.policies.onDidDecide(() => this.#changed());
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Those of the store first, then those of settings; by name. */
  async packs(): Promise<PolicyPack[]> {
    return (await this.overview()).packs.map(({ pack }) => pack);
  }

  /** Packs with where they hold, and those that cannot be read. */
  async overview(): Promise<{ readonly packs: readonly PackView[]; readonly unreadable: readonly UnreadablePack[] }> {
    const stored = (await this.#parts.store.packs()).filter(({ removedAt }) => removedAt === null);
    const assigned = await this.#parts.store.assignments();
    const definitions = this.#parts.definitions();
    const { packs, unreadable } = this.#team();
    const own = stored.flatMap((each): PackView[] => {
      const pack = packView(each);
      const uids = assigned.filter(({ packIds }) => packIds.includes(each.id)).map(({ connectionId }) => connectionId);
      return pack === null ? [] : [{ pack, connections: definitions.filter(({ uid }) => uids.includes(uid)) }];
    });
    const team = packs.map((pack) => ({ pack: settingsPackView(pack), connections: heldBy(pack, definitions) }));
    const broken = stored.map(readable).filter((each) => 'problem' in each);
    return { packs: [...own, ...team], unreadable: [...broken, ...unreadable] };
  }

  async savePack(draft: PolicyPackDraft & { readonly id?: string }): Promise<PolicyPack> {
    const { id, ...rest } = draft;
    const content = checkPack(rest);
    if (id === undefined) return this.#save([{ id: this.#parts.newId(), content }]).then(first);
    const known = await this.#stored(id);
    const same = readable(known);
    if ('content' in same && JSON.stringify(same.content) === JSON.stringify(content)) return this.#existing(id);
    return this.#save([{ id, content }]).then(first);
  }

  /** What a pack said before, the newest first; decisions name these versions. */
  async versions(id: string): Promise<readonly PackVersion[]> {
    return (await this.#parts.store.versions(id)).flatMap(({ version, savedAt, content }) => {
      try {
        return [{ version, savedAt, content: checkPack(content) }];
      } catch (error) {
        if (isFailure(error, 'VALIDATION_ERROR')) return [];
        throw error;
      }
    });
  }

  /** What was decided under it stays readable. */
  async removePack(id: string): Promise<void> {
    await this.#stored(id);
    await this.#parts.store.removePack(id, isoTime(this.#parts.clock));
    this.#changed();
  }

  /** These packs and no others of the store hold on the connection; warnings say what they hold back together. */
  async assign(q: {
    readonly connectionId: string;
    readonly packIds: readonly string[];
  }): Promise<{ warnings: string[] }> {
    const definition = this.#parts.definitionOf(q.connectionId);
    const packs = await this.#assignable(q.packIds);
    const own = packs.filter(({ source }) => source === 'store');
    const at = isoTime(this.#parts.clock);
    await this.#parts.store.assign(
      definition.uid,
      own.map(({ id }) => id),
      at,
    );
    this.#changed();
    return {
      warnings: [
        ...(await this.conflicts(
          definition.uid,
          own.map(({ id }) => id),
        )),
      ],
    };
  }

  /** What `assign` would warn of. */
  async conflicts(connectionId: string, packIds: readonly string[]): Promise<readonly string[]> {
    const definition = this.#parts.definitionOf(connectionId);
    const packs = await this.packs();
    const team = this.#team().packs.filter((pack) => heldBy(pack, [definition]).length > 0);
    const holding = packs.filter(({ id }) => packIds.includes(id)).map((pack) => ({ id: pack.id, content: pack }));
    const { name, environment } = definition;
    return conflictsOf([...holding, ...team], { name: display(name), environment }, this.#parts.clock.wallMs());
  }

  /** Packs of the store that hold on a connection; those of settings are not among them. */
  async storedPackIds(connectionUid: string): Promise<readonly string[]> {
    const assigned = await this.#parts.store.assignments();
    return assigned.find(({ connectionId }) => connectionId === connectionUid)?.packIds ?? [];
  }

  /** Only connections on which a pack holds, also by settings. */
  async assignments(): Promise<{ connectionId: string; packIds: string[] }[]> {
    const stored = await this.#parts.store.assignments();
    const team = this.#team().packs;
    const definitions = this.#parts.definitions();
    const known = definitions.map((definition) => ({
      connectionId: definition.id,
      packIds: [
        ...(stored.find(({ connectionId }) => connectionId === definition.uid)?.packIds ?? []),
        ...team.filter((pack) => heldBy(pack, [definition]).length > 0).map(({ id }) => id),
      ],
    }));
    const gone = stored
      .filter(({ connectionId }) => definitions.every(({ uid }) => uid !== connectionId))
      .map(({ connectionId, packIds }) => ({ connectionId, packIds: [...packIds] }));
    return [...known, ...gone].filter(({ packIds }) => packIds.length > 0);
  }

  /** Why an act is or would be blocked, and when it opens; at `at` when given. */
  async explain(q: {
    readonly connectionId: string;
    readonly action: string;
    readonly items?: number;
    readonly at?: string;
  }): Promise<Decision> {
    const definition = this.#parts.definitionOf(q.connectionId);
    const at = q.at ?? isoTime(this.#parts.clock);
    // What only reads is never asked about.
    if (!governedActions.includes(q.action)) return { allowed: true, violations: [], at };
    const question = { connectionUid: definition.uid, action: q.action, items: q.items ?? 1, at };
    const { policies } = this.#parts;
    const { decision } = await (q.at === undefined ? policies.foresee(question) : policies.at(question));
    return decision;
  }

  /** What a pack would have blocked of what was decided in [from, to). */
  async replay(q: {
    readonly pack: PolicyPackDraft;
    readonly from: string;
    readonly to: string;
    /** Only decisions on these connections; absent = all. */
    readonly connectionUids?: readonly string[];
  }): Promise<{ evaluated: number; wouldBlock: RecordedDecision[] }> {
    const content = checkPack(q.pack, 'pack');
    await this.#parts.policies.flush();
    const recorded = await this.#parts.store.decisions({ from: q.from, to: q.to, limit: allDecisions });
    const chosen = recorded.filter(({ connectionId }) => q.connectionUids?.includes(connectionId) ?? true);
    const wouldBlock = replayPack(content, chosen).map((decision) => this.#named(decision));
    return { evaluated: chosen.length, wouldBlock };
  }

  async exportPacks(ids?: readonly string[]): Promise<string> {
    const packs = await this.packs();
    for (const [index, id] of (ids ?? []).entries())
      if (packs.every((pack) => pack.id !== id)) throw noPack(id, String(index));
    return packFileText(packs.filter((pack) => (ids === undefined ? pack.source === 'store' : ids.includes(pack.id))));
  }

  /** All packs of the file or none: new ones are added, newer versions replace, what is here already stays. */
  async importPacks(json: string): Promise<PolicyPack[]> {
    const filed = packsOfFile(json);
    const stored = new Map((await this.#parts.store.packs()).map((pack) => [pack.id, pack]));
    const changes = filed.filter((each) => !isHere(each, stored.get(each.id)));
    for (const each of changes) requireNewer(each, stored.get(each.id));
    await this.#save(changes.map(({ id, content }) => ({ id, content })));
    const packs = await this.packs();
    return filed.flatMap(({ id }) => packs.filter((pack) => pack.id === id));
  }

  async decisions(
    q: {
      readonly connectionId?: string;
      readonly runId?: string;
      readonly from?: string;
      readonly to?: string;
      readonly limit?: number;
    } = {},
  ): Promise<RecordedDecision[]> {
    await this.#parts.policies.flush();
    const { connectionId, limit, ...rest } = q;
    const uid = connectionId === undefined ? undefined : this.#parts.definitionOf(connectionId).uid;
    const found = await this.#parts.store.decisions({
      ...rest,
      ...(uid === undefined ? {} : { connectionId: uid }),
      limit: limit ?? defaultLimit,
    });
    return found.map((decision) => this.#named(decision));
  }

  // --- inside

  /** Connections go by their ids where their definitions are there. */
  #named(decision: RecordedDecision): RecordedDecision {
    const definition = this.#parts.definitions().find(({ uid }) => uid === decision.connectionId);
    return definition === undefined ? decision : { ...decision, connectionId: definition.id };
  }

  #team(): ReturnType<typeof settingsPacks> {
    return settingsPacks(this.#parts.trust.isTrusted() ? this.#parts.configured.policyPacks() : []);
  }

  async #save(packs: readonly { readonly id: string; readonly content: PackContent }[]): Promise<PolicyPack[]> {
    if (packs.length === 0) return [];
    const at = isoTime(this.#parts.clock);
    const stored = new Map((await this.#parts.store.packs()).map((pack) => [pack.id, pack]));
    const rows = packs.map(({ id, content }) => {
      const before = stored.get(id);
      const version = (before?.version ?? 0) + 1;
      return { id, content, version, createdAt: before?.createdAt ?? at, updatedAt: at, removedAt: null };
    });
    await this.#parts.store.savePacks(rows);
    this.#changed();
    return rows.map(({ id, version, createdAt, updatedAt, content }) => ({
      id,
      version,
      createdAt,
      updatedAt,
      source: 'store',
      ...content,
    }));
  }

  async #stored(id: string): Promise<StoredPack> {
    if (isSettingsPackId(id)) {
      throw new Failure('NOT_SUPPORTED', 'This policy pack stands in settings, so it is changed there.', {
        details: { path: 'id' },
        nextAction: 'Open the setting cachify.policyPacks of the workspace.',
      });
    }
    const found = (await this.#parts.store.packs()).find((pack) => pack.id === id && pack.removedAt === null);
    if (found === undefined) throw noPack(id, 'id');
    return found;
  }

  async #existing(id: string): Promise<PolicyPack> {
    const found = (await this.packs()).find((pack) => pack.id === id);
    if (found === undefined) throw noPack(id, 'id');
    return found;
  }

  async #assignable(ids: readonly string[]): Promise<PolicyPack[]> {
    const packs = await this.packs();
    return ids.map((id, index) => {
      if (ids.indexOf(id) !== index) throw validationFailure(`packIds.${index}`, 'This pack is listed twice.');
      const pack = packs.find((each) => each.id === id);
      if (pack === undefined) throw noPack(id, `packIds.${index}`);
      return pack;
    });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function first(packs: readonly PolicyPack[]): PolicyPack {
  const [pack] = packs;
  if (pack === undefined) throw new Failure('INTERNAL_ERROR', 'No policy pack was saved.');
  return pack;
}

function packView(stored: StoredPack): PolicyPack | null {
  const { id, version, createdAt, updatedAt } = stored;
  const read = readable(stored);
  return 'content' in read ? { id, version, createdAt, updatedAt, source: 'store', ...read.content } : null;
}

function settingsPackView({ id, content }: SettingsPack): PolicyPack {
  return { id, version: 1, createdAt: '', updatedAt: '', source: 'settings', ...content };
}

function heldBy({ connections }: SettingsPack, definitions: readonly ConnectionDefinition[]): ConnectionDefinition[] {
  return definitions.filter(({ id }) => connections === null || connections.includes(id));
}

function isHere({ content }: FiledPack, stored: StoredPack | undefined): boolean {
  if (stored === undefined || stored.removedAt !== null) return false;
  const read = readable(stored);
  return 'content' in read && JSON.stringify(read.content) === JSON.stringify(content);
}

function requireNewer({ content, version }: FiledPack, stored: StoredPack | undefined): void {
  if (stored === undefined || stored.removedAt !== null || version > stored.version) return;
  throw new Failure(
    'CONFLICT',
    `${display(content.name)} is in its version ${stored.version} here, and the file holds version ${version} with another content. Nothing was imported.`,
    {
      details: { rule: 'version' },
      nextAction: 'Take the newer file, or change the pack here.',
    },
  );
}

function noPack(id: string, path: string): Failure {
  return validationFailure(path, `There is no policy pack ${display(id)}.`);
}
