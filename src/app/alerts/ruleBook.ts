import { draftOf, freeName, rulesOfJson, rulesToJson } from '../../domain/alerts/exchange.ts';
import type { AlertRule, AlertRuleDraft } from '../../domain/alerts/rule.ts';
import { readRule, ruleFrom, type RuleSurroundings } from '../../domain/alerts/validate.ts';
import { isRecord, type Problem } from '../../domain/connections/fields.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import { idsByUid, type WatchedConnections } from '../observability/watched.ts';
import type { AlertStore, StoredRule } from '../ports/alerts.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Digest, Settings } from '../ports/environment.ts';

export interface RuleBookParts {
  readonly store: Pick<AlertStore, 'rules' | 'saveRules' | 'removeRule'>;
  readonly connections: WatchedConnections;
  readonly settings: Pick<Settings, 'number'>;
  readonly clock: Clock;
  readonly digest: Pick<Digest, 'uuid'>;
}

/** Rules as people and the API see them: connections by id. In the store they are named by uid. */
export class RuleBook {
  readonly #parts: RuleBookParts;

  constructor(parts: RuleBookParts) {
    this.#parts = parts;
  }

  async rules(): Promise<AlertRule[]> {
    return (await this.#parts.store.rules()).map((rule) => this.#shown(rule));
  }

  /** What is wrong with a draft, field by field; empty when it may be saved. */
  async problems(draft: unknown, ownId: string | undefined): Promise<readonly Problem[]> {
    const read = readRule(draft, this.#around(await this.#parts.store.rules(), ownId));
    return 'problems' in read ? read.problems : this.#unknownConnections(read.rule, ownId);
  }

  /** A rule to try out: its name need not be free, its connections are by uid. @throws Failure VALIDATION_ERROR */
  testable(input: unknown): AlertRuleDraft {
    const {
      id: _id,
      origin: _origin,
      createdAt: _created,
      updatedAt: _updated,
      ...draft
    } = isRecord(input) ? input : {};
    return this.#kept(ruleFrom(draft, { otherNames: [], sampleSeconds: this.#sampleSeconds() }, 'rule.'));
  }

  /** An `id` changes that rule. @throws Failure VALIDATION_ERROR with the field in `details.path`; BLOCKED for a rule of settings */
  async save(input: unknown): Promise<AlertRule> {
    const { id, ...draft } = isRecord(input) ? input : { id: undefined };
    const all = await this.#parts.store.rules();
    const before = all.find((rule) => rule.id === id);
    if (id !== undefined && before === undefined) {
      throw validationFailure('id', 'There is no alert rule with this id. Nothing was changed.');
    }
    if (before?.origin === 'settings') throw standsInSettings(before);
    const rule = ruleFrom(isRecord(input) ? draft : input, this.#around(all, before?.id));
    const [unknown] = this.#unknownConnections(rule, before?.id);
    if (unknown !== undefined) {
      throw validationFailure(unknown.path, `\`${unknown.path}\` ${unknown.rule}. Nothing was changed.`);
    }
    const now = isoTime(this.#parts.clock);
    const saved: AlertRule = {
      ...this.#kept(rule),
      id: before?.id ?? this.#parts.digest.uuid(),
      origin: before?.origin ?? 'own',
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
    await this.#parts.store.saveRules([saved]);
    return this.#shown(saved);
  }

  /** @throws Failure VALIDATION_ERROR when there is none; BLOCKED for a rule of settings */
  async remove(id: string): Promise<void> {
    const rule = await this.one(id);
    if (rule.origin === 'settings') throw standsInSettings(rule);
    await this.#parts.store.removeRule(id);
  }

  /** @throws Failure VALIDATION_ERROR when there is none */
  async one(id: string): Promise<AlertRule> {
    const rule = (await this.rules()).find((each) => each.id === id);
    if (rule !== undefined) return rule;
    throw validationFailure('id', 'There is no alert rule with this id. Nothing was changed.');
  }

  /** The draft of a copy, under a name that is free. */
  async copyOf(id: string): Promise<AlertRuleDraft> {
    const rules = await this.rules();
    const rule = await this.one(id);
    return {
      ...draftOf(rule),
      name: freeName(
        rule.name,
        rules.map(({ name }) => name),
      ),
    };
  }

  /** @throws Failure VALIDATION_ERROR when one of `ids` is unknown */
  async toJson(ids?: readonly string[]): Promise<string> {
    const rules = await this.#parts.store.rules();
    const chosen = ids === undefined ? rules : ids.map((id) => rules.find((rule) => rule.id === id));
    const missing = chosen.findIndex((rule) => rule === undefined);
    if (missing >= 0) throw validationFailure(`ids[${missing}]`, 'There is no alert rule with this id.');
    return rulesToJson(
      chosen.flatMap((rule) => (rule === undefined ? [] : [withoutPlace(rule)])),
      idsByUid(this.#parts.connections),
    );
  }

  /** All or none. A name that is taken gets a number. @throws Failure VALIDATION_ERROR with `rules[2].threshold` in `details.path` */
  async fromJson(json: string): Promise<AlertRule[]> {
    const names = (await this.#parts.store.rules()).map(({ name }) => name);
    const now = isoTime(this.#parts.clock);
    const added = rulesOfJson(json).map((entry, at): AlertRule => {
      const around = { otherNames: [], sampleSeconds: this.#sampleSeconds() };
      const rule = ruleFrom(entry, around, `rules[${at}].`);
      const name = freeName(rule.name, names);
      names.push(name);
      const kept = this.#kept({ ...rule, name });
      return { ...kept, id: this.#parts.digest.uuid(), origin: 'own', createdAt: now, updatedAt: now };
    });
    await this.#parts.store.saveRules(added);
    return added.map((rule) => this.#shown(rule));
  }

  #sampleSeconds(): number {
    return this.#parts.settings.number('observability.sampleSeconds');
  }

  #around(all: readonly StoredRule[], ownId: string | undefined): RuleSurroundings {
    const otherNames = all.filter(({ id, origin }) => id !== ownId && origin !== 'settings').map(({ name }) => name);
    return { otherNames, sampleSeconds: this.#sampleSeconds() };
  }

  /** A new rule names connections that are there; a changed one may keep those that are gone. */
  #unknownConnections({ scope }: AlertRuleDraft, ownId: string | undefined): Problem[] {
    if (scope.connections === '*' || ownId !== undefined) return [];
    const known = new Set(this.#parts.connections.views().flatMap(({ summary }) => [summary.id, summary.uid]));
    const at = scope.connections.findIndex((id) => !known.has(id));
    return at < 0 ? [] : [{ path: `scope.connections[${at}]`, rule: 'is not a connection of this window' }];
  }

  /** By uid, as far as the connections are known here. */
  #kept(rule: AlertRuleDraft): AlertRuleDraft {
    const { scope } = rule;
    if (scope.connections === '*') return rule;
    const uids = new Map<string, string>();
    for (const { summary } of this.#parts.connections.views().toReversed()) uids.set(summary.id, summary.uid);
    return { ...rule, scope: { ...scope, connections: scope.connections.map((id) => uids.get(id) ?? id) } };
  }

  #shown(stored: StoredRule): AlertRule {
    const rule = withoutPlace(stored);
    const { scope } = rule;
    if (scope.connections === '*') return rule;
    return { ...rule, scope: { ...scope, connections: scope.connections.map(idsByUid(this.#parts.connections)) } };
  }
}

/** Without what only this store knows of it. */
function withoutPlace({ appliesTo: _appliesTo, ...rule }: StoredRule): AlertRule {
  return rule;
}

function standsInSettings(rule: AlertRule): Failure {
  return new Failure(
    'BLOCKED',
    `The rule ${displayShort(rule.name)} stands in the setting cachify.alertRules. Nothing was changed.`,
    { details: { rule: 'settings' }, nextAction: 'Change it there, or duplicate it.' },
  );
}
