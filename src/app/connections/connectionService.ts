import type {
  ConnectionDefinition,
  ConnectionDraft,
  ConnectionSummary,
  Secret,
} from '../../domain/connections/definition.ts';
import { validateSecret } from '../../domain/connections/secret.ts';
import { validateUnlock } from '../../domain/connections/unlock.ts';
import { invalidConnection, validateConnection } from '../../domain/connections/validate.ts';
import { display } from '../../domain/display.ts';
import { asFailure, Failure, validationFailure } from '../../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  Digest,
  Disposable,
  Log,
  Memory,
  SecretPrompt,
  SecretReader,
  Secrets,
  Settings,
  Trust,
} from '../ports/environment.ts';
import type { RedisGateway } from '../ports/redis.ts';
import type { ActiveConnection, Sessions } from '../ports/sessions.ts';
import { Catalogue, type Entry, type UsableEntry } from './catalogue.ts';
import { ConnectionEditor } from './connectionEditor.ts';
import { about, connectionView, usable, type ConnectionView } from './connectionView.ts';
import { CredentialResolver } from './credentials.ts';
import { ConnectionJournal, type JournalStore } from './journal.ts';
import { knownSecrets } from './knownSecrets.ts';
import { OpenSessions } from './openSessions.ts';
import { SecretVault } from './secretVault.ts';
import { testConnection, untrusted, type ProvenServer } from './testConnection.ts';
import { Unlocks } from './unlocks.ts';
import { UsedConnections, type UsageStore } from './usedConnections.ts';

export type { ConnectionView } from './connectionView.ts';

export interface ConnectionServiceParts {
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Of this machine: approvals, names of secrets. */
  readonly memory: Memory;
  /** Of this workspace on this machine: which connections were open. */
  readonly windowMemory: Memory;
  readonly trust: Trust;
  readonly secretReader: SecretReader;
  readonly secretPrompt: SecretPrompt;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: RedisGateway;
  readonly stores: JournalStore & UsageStore;
}

/** Connections: their definitions, states, secrets and unlocks. Trust is checked at every entry that leads to a server. */
export class ConnectionService implements Sessions {
  readonly #parts: ConnectionServiceParts;
  readonly #catalogue: Catalogue;
  readonly #vault: SecretVault;
  readonly #editor: ConnectionEditor;
  readonly #credentials: CredentialResolver;
  readonly #journal: ConnectionJournal;
  readonly #sessions: OpenSessions;
  readonly #unlocks: Unlocks;
  readonly #used: UsedConnections;
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: readonly Disposable[];
  #current: string | undefined;

  constructor(parts: ConnectionServiceParts) {
    this.#parts = parts;
    const vault = new SecretVault(parts.secrets, parts.memory, parts.digest);
    this.#vault = vault;
    this.#catalogue = new Catalogue(parts.settings, parts.digest, parts.memory);
    this.#editor = new ConnectionEditor(parts.settings, this.#catalogue, vault);
    this.#credentials = new CredentialResolver(vault, parts.secretReader, parts.secretPrompt);
    this.#journal = new ConnectionJournal(parts.stores, parts.digest, parts.clock, parts.log);
    this.#used = new UsedConnections(parts.windowMemory, parts.stores, parts.log);
    const shared = { ...parts, catalogue: this.#catalogue, journal: this.#journal, changed: () => this.#changed() };
    const { catalogue, journal, changed } = shared;
    this.#unlocks = new Unlocks({ clock: parts.clock, catalogue, journal, changed });
    this.#sessions = new OpenSessions({
      ...shared,
      credentials: this.#credentials,
      used: this.#used,
      demandTrust: () => this.#demandTrust(),
    });
    this.#subscriptions = [
      parts.settings.onDidChange(() => this.#onSettings()),
      parts.trust.onDidGrant(() => {
        this.#changed();
        void this.reconnect();
      }),
    ];
  }

  onDidChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Reads settings anew. */
  refresh(): void {
    this.#onSettings();
  }

  /** Every entry of settings, also broken ones and also in an untrusted workspace. */
  views(): readonly ConnectionView[] {
    return this.#catalogue.entries().map((entry) => this.#view(entry));
  }

  /** By uid or id. @throws Failure VALIDATION_ERROR when there is none */
  view(idOrUid: string): ConnectionView {
    return this.#view(this.#catalogue.find(idOrUid));
  }

  /** By uid or id. @throws Failure VALIDATION_ERROR when there is none, or its entry in settings has problems */
  definitionOf(idOrUid: string): ConnectionDefinition {
    return usable(this.#catalogue.find(idOrUid)).definition;
  }

  /** The uid that an entry with this id has, or would have, in a scope. @throws Failure VALIDATION_ERROR without a folder */
  uidIn(scope: 'user' | 'workspace', id: string): string {
    const scopeRoot = this.#parts.settings.scopeRoot(scope);
    if (scopeRoot !== undefined) return this.#catalogue.uid(scopeRoot, id);
    throw validationFailure('scope', 'No folder is open, so there are no workspace settings to save into.');
  }

  /** The connection that commands without an argument mean: the one chosen or connected last. */
  current(): ConnectionView | undefined {
    const entry = this.#current === undefined ? undefined : this.#catalogue.byUid(this.#current);
    return entry && this.#view(entry);
  }

  choose(idOrUid: string): void {
    this.#current = this.#catalogue.find(idOrUid).uid;
    this.#changed();
  }

  /** See `knownSecrets.ts`. */
  knownSecrets(): Promise<string[]> {
    return knownSecrets(this.#catalogue.entries(), this.#vault, this.#credentials.used, this.#parts);
  }

  list(): Promise<ConnectionSummary[]> {
    return Promise.resolve(this.views().map((view) => view.summary));
  }

  async add(
    draft: ConnectionDraft,
    options: { readonly secret?: Secret; readonly scope?: 'user' | 'workspace' } = {},
  ): Promise<ConnectionSummary> {
    const uid = await this.#editor.add(draft, options.secret, options.scope ?? 'user');
    return this.#edited(uid, 'connections.add');
  }

  /** An absent field stays as it is, `null` removes it; an absent or blank secret keeps the stored one. */
  async update(
    id: string,
    draft: Partial<ConnectionDraft>,
    options: { readonly secret?: Secret } = {},
  ): Promise<ConnectionSummary> {
    const entry = this.#catalogue.find(id);
    await this.#editor.update(entry, draft, options.secret);
    return this.#edited(entry.uid, 'connections.update');
  }

  async remove(id: string): Promise<void> {
    const entry = this.#catalogue.find(id);
    await this.#editor.remove(entry);
    this.#unlocks.end(entry.uid, 'removed');
    await this.#sessions.close(entry.uid, 'user');
    this.#journal.done(about(entry), 'connections.remove');
    this.#changed();
  }

  /** Allows, on this machine, what a shared entry asks for and what is held back until then. */
  async approve(id: string): Promise<ConnectionSummary> {
    this.#demandTrust();
    const entry = usable(this.#catalogue.find(id));
    const fields = entry.concerns.map((concern) => concern.field);
    await this.#catalogue.approve(entry);
    this.#onSettings();
    this.#journal.done(about(entry), 'connections.approve', { fields });
    return this.view(entry.uid).summary;
  }

  async test(
    target: { readonly id: string } | { readonly draft: ConnectionDraft; readonly secret?: Secret },
  ): Promise<ProvenServer> {
    this.#demandTrust();
    const { gateway, clock } = this.#parts;
    const subject = 'id' in target ? this.#admitted(this.#catalogue.find(target.id)) : this.#drafted(target.draft);
    const given = 'secret' in target && target.secret !== undefined ? { secret: validateSecret(target.secret) } : {};
    const credentials = await this.#credentials.resolve({ ...subject, ...given, interactive: true });
    return testConnection(gateway, clock, subject.definition, credentials);
  }

  async connect(id: string): Promise<void> {
    const entry = this.#catalogue.find(id);
    try {
      this.#admitted(entry);
    } catch (error) {
      this.#journal.failed(about(entry), 'connections.connect', asFailure(error));
      throw error;
    }
    this.#current = entry.uid;
    await this.#sessions.ensure(usable(entry), true);
  }

  async disconnect(id: string): Promise<void> {
    const { uid } = this.#catalogue.find(id);
    this.#unlocks.end(uid, 'disconnected');
    await this.#sessions.close(uid, 'user');
  }

  unlock(id: string, request: { readonly reason: string; readonly minutes?: number }): Promise<{ until: string }> {
    return Promise.resolve().then(() => {
      const asked = validateUnlock(request);
      this.#demandTrust();
      return this.#unlocks.begin(usable(this.#catalogue.find(id)), asked);
    });
  }

  lock(id: string): Promise<void> {
    return Promise.resolve().then(() => this.#unlocks.end(this.#catalogue.find(id).uid, 'locked by the user'));
  }

  /** For the gate: the open session, connecting when that is wanted. Asks nobody anything. */
  async active(connectionUid: string): Promise<ActiveConnection> {
    const entry = this.#catalogue.find(connectionUid);
    const { definition } = this.#admitted(entry);
    if (this.#sessions.isClosedByUser(entry.uid)) {
      throw new Failure('CONNECTION_FAILED', `${display(entry.name)} is disconnected, so nothing was sent.`, {
        nextAction: 'Connect it, then try again.',
      });
    }
    const session = await this.#sessions.ensure(usable(entry), false);
    const locked = this.#unlocks.current(entry.uid) === undefined;
    return { definition, session, readOnlyNow: definition.readOnly && locked };
  }

  /** Reconnects what was open when the window closed, if the user wants that; failures show as states, never as questions. */
  async reconnect(): Promise<void> {
    if (!this.#parts.settings.boolean('reconnectOnStartup') || !this.#parts.trust.isTrusted()) return;
    const entries = this.#used.open().flatMap((uid) => this.#catalogue.byUid(uid) ?? []);
    const attempts = entries.map((entry) => Promise.resolve().then(() => this.active(entry.uid)));
    await Promise.allSettled(attempts);
  }

  async dispose(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#listeners.clear();
    this.#unlocks.dispose();
    await this.#sessions.dispose();
  }

  #view(entry: Entry): ConnectionView {
    const { uid } = entry;
    const now = { state: this.#sessions.state(uid), unlock: this.#unlocks.current(uid) };
    return connectionView(entry, { ...now, session: this.#sessions.session(uid) });
  }

  #demandTrust(): void {
    if (!this.#parts.trust.isTrusted()) throw untrusted();
  }

  /** An entry that may connect now. @throws Failure BLOCKED, VALIDATION_ERROR */
  #admitted(entry: Entry): UsableEntry {
    this.#demandTrust();
    const admitted = usable(entry);
    const asks = admitted.concerns.filter((concern) => concern.effect === 'blocks').map((concern) => concern.asks);
    if (asks.length === 0) return admitted;
    throw new Failure(
      'BLOCKED',
      `${display(entry.name)}, a shared entry, ${asks.join(' and ')}. Nothing was run or sent.`,
      {
        details: { reason: 'approval', fields: admitted.concerns.map((concern) => concern.field) },
        nextAction: 'Review the entry, then allow it for this machine.',
      },
    );
  }

  #drafted(draft: ConnectionDraft): { readonly definition: ConnectionDefinition; readonly scopeRoot: string } {
    const same = this.#catalogue.entries().filter((entry) => entry.id === draft.id);
    const place =
      same.length > 0 ? this.#catalogue.find(draft.id) : { uid: this.#catalogue.uid('', draft.id), scopeRoot: '' };
    const checked = validateConnection(draft, { uid: place.uid, scope: 'user' });
    if (!checked.ok) throw invalidConnection(checked.problems);
    return { definition: checked.definition, scopeRoot: place.scopeRoot };
  }

  #edited(uid: string, action: string): ConnectionSummary {
    this.#onSettings();
    const entry = this.#catalogue.find(uid);
    this.#journal.done(about(entry), action, { scope: entry.scope });
    return this.#view(entry).summary;
  }

  /** Settings or approvals changed: an open session never outlives the definition that it was opened with. */
  #onSettings(): void {
    this.#catalogue.invalidate();
    this.#unlocks.endChanged((uid) => this.#definition(uid));
    this.#sessions.closeChanged((uid) => this.#definition(uid));
    this.#changed();
  }

  #definition(uid: string): ConnectionDefinition | undefined {
    const entry = this.#catalogue.byUid(uid);
    return entry?.usable === true ? entry.definition : undefined;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
