import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { fingerprint } from '../../domain/connections/fingerprint.ts';
import { notReadOnly, type Unlock, type UnlockRequest } from '../../domain/connections/unlock.ts';
import { display } from '../../domain/display.ts';
import { isoAt, type Clock } from '../ports/clock.ts';
import { BreakGlass, type RelockCause } from './breakGlass.ts';
import type { Catalogue, UsableEntry } from './catalogue.ts';
import { about } from './connectionView.ts';
import type { ConnectionJournal } from './journal.ts';

interface UnlocksParts {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly journal: ConnectionJournal;
  readonly changed: () => void;
}

/** Break-glass unlocks and their records; each holds for the definition that it was given for, and no other. */
export class Unlocks {
  readonly #parts: UnlocksParts;
  readonly #breakGlass: BreakGlass;
  readonly #givenFor = new Map<string, string>();

  constructor(parts: UnlocksParts) {
    this.#parts = parts;
    this.#breakGlass = new BreakGlass(parts.clock, (uid, unlock, cause) => this.#onRelock(uid, unlock, cause));
  }

  current(uid: string): Unlock | undefined {
    return this.#breakGlass.current(uid);
  }

  /** @throws Failure VALIDATION_ERROR when the connection is not read-only */
  begin(entry: UsableEntry, asked: UnlockRequest): { until: string } {
    if (!entry.definition.readOnly) throw notReadOnly(display(entry.name));
    const unlock = this.#breakGlass.begin(entry.uid, asked);
    this.#givenFor.set(entry.uid, guards(entry.definition));
    const until = isoAt(unlock.untilWallMs);
    const details = { reason: display(asked.reason), minutes: asked.minutes, until };
    this.#parts.journal.done(about(entry), 'connections.unlock', details);
    this.#parts.changed();
    return { until };
  }

  end(uid: string, cause: RelockCause): void {
    this.#breakGlass.end(uid, cause);
  }

  /** Settings or approvals changed: ends what was given for another definition. */
  endChanged(definitionOf: (uid: string) => ConnectionDefinition | undefined): void {
    for (const [uid, guarded] of this.#givenFor) {
      const now = definitionOf(uid);
      if (now === undefined || guards(now) !== guarded) this.#breakGlass.end(uid, 'definition changed');
    }
  }

  dispose(): void {
    this.#breakGlass.dispose();
  }

  #onRelock(uid: string, unlock: Unlock, cause: RelockCause): void {
    const { catalogue, clock, journal, changed } = this.#parts;
    this.#givenFor.delete(uid);
    const entry = catalogue.byUid(uid);
    const subject = entry ? about(entry) : { uid, environment: 'unknown' as const };
    const action = cause === 'locked by the user' ? 'connections.lock' : 'connections.relock';
    const openedMs = Math.max(0, clock.wallMs() - unlock.fromWallMs);
    journal.done(subject, action, { reason: display(unlock.reason), cause }, openedMs);
    changed();
  }
}

/** What an unlock was given for. */
function guards(definition: ConnectionDefinition): string {
  return JSON.stringify([fingerprint(definition), definition.db, definition.environment, definition.readOnly]);
}
