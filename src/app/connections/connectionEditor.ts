import { draftWith } from '../../domain/connections/draftWith.ts';
import type { ConnectionScope, Secret } from '../../domain/connections/definition.ts';
import { isRecord } from '../../domain/connections/fields.ts';
import { isEmptySecret, mergedSecret, validateSecret } from '../../domain/connections/secret.ts';
import { invalidConnection, validateConnection } from '../../domain/connections/validate.ts';
import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';
import type { Settings } from '../ports/environment.ts';
import type { Catalogue, Entry } from './catalogue.ts';
import type { SecretVault } from './secretVault.ts';

/** Adds, changes and removes definitions. A definition and its secret are saved together or not at all. */
export class ConnectionEditor {
  readonly #settings: Settings;
  readonly #catalogue: Catalogue;
  readonly #vault: SecretVault;

  constructor(settings: Settings, catalogue: Catalogue, vault: SecretVault) {
    this.#settings = settings;
    this.#catalogue = catalogue;
    this.#vault = vault;
  }

  /** @returns the new entry's uid */
  async add(draft: unknown, secret: unknown, scope: 'user' | 'workspace'): Promise<string> {
    const scopeRoot = this.#settings.scopeRoot(scope);
    if (scopeRoot === undefined) {
      throw validationFailure('scope', 'No folder is open, so there are no workspace settings to save into.');
    }
    const id = isRecord(draft) && typeof draft['id'] === 'string' ? draft['id'] : '';
    const taken = this.#catalogue.entries().some((entry) => entry.scopeRoot === scopeRoot && entry.id === id);
    if (id !== '' && taken) {
      throw validationFailure('id', `There is already a connection ${display(id)} in the ${scope} settings.`);
    }
    const uid = this.#catalogue.uid(scopeRoot, id);
    return this.#save(draft, validateSecret(secret), { uid, scope, scopeRoot });
  }

  /** A field that is absent stays, `null` or `undefined` removes it; a blank part of the secret keeps the stored one. */
  async update(entry: Entry, changes: unknown, secret: unknown): Promise<void> {
    if (!isRecord(changes)) throw validationFailure('draft', 'The changes must be an object.');
    if (changes['id'] !== undefined && changes['id'] !== entry.id) {
      throw validationFailure('id', 'The id cannot be changed: history refers to it. Add a new connection instead.');
    }
    if (entry.id === '') throw validationFailure('id', 'The entry has no id. Give it one in settings.json first.');
    const kept = entry.usable ? await this.#vault.find(entry.written) : ({ kind: 'none' } as const);
    const draft = draftWith(entry.usable ? entry.draft : entry.raw, changes);
    const given = validateSecret(secret);
    const whole = kept.kind === 'found' && !isEmptySecret(given) ? mergedSecret(kept.secret, given) : given;
    await this.#save(draft, whole, entry);
  }

  async remove(entry: Entry): Promise<void> {
    if (entry.id === '') throw validationFailure('id', 'The entry has no id. Remove it in settings.json.');
    await this.#settings.removeConnection(entry.id, entry);
    this.#catalogue.invalidate();
    await this.#vault.forget(entry.uid);
  }

  async #save(
    draft: unknown,
    secret: Secret,
    place: { readonly uid: string; readonly scope: ConnectionScope; readonly scopeRoot: string },
  ): Promise<string> {
    const checked = validateConnection(draft, place);
    if (!checked.ok) throw invalidConnection(checked.problems);
    const undo = isEmptySecret(secret) ? undefined : await this.#vault.keep(checked.definition, secret);
    try {
      const { scope, scopeRoot } = place;
      await this.#settings.saveConnection(checked.draft, { scope, scopeRoot });
    } catch (error) {
      await undo?.();
      throw error;
    }
    this.#catalogue.invalidate();
    // What was stored for a destination that the person has left is of no use any more, here.
    if (undo) await this.#vault.forget(place.uid, checked.definition);
    return place.uid;
  }
}
