import { isInScope, type AlertRuleDraft } from '../../domain/alerts/rule.ts';
import { readRule } from '../../domain/alerts/validate.ts';
import { isRecord, type Problem } from '../../domain/connections/fields.ts';
import type { WatchedConnections } from '../observability/watched.ts';
import type { AlertStore, StoredRule } from '../ports/alerts.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Digest, Settings, Trust } from '../ports/environment.ts';
import { utf8 } from '../../domain/bytes.ts';

export interface SettingsRulesParts {
  readonly store: Pick<AlertStore, 'publishRules'>;
  readonly settings: Pick<Settings, 'alertRules' | 'number'>;
  readonly connections: WatchedConnections;
  readonly trust: Trust;
  readonly digest: Pick<Digest, 'sha256'>;
  readonly clock: Clock;
}

const mostRules = 200;

/**
 * The rules that a team keeps in `cachify.alertRules`. Whichever window evaluates must know them, so each window puts
 * those of its own settings into the store, with the connections that they are for here.
 */
export class SettingsRules {
  readonly #parts: SettingsRulesParts;
  #problems: readonly Problem[] = [];

  constructor(parts: SettingsRulesParts) {
    this.#parts = parts;
  }

  /** What is wrong in the settings, with paths such as `cachify.alertRules[2].threshold`. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** true = the rules of the store changed. An untrusted workspace adds nothing. */
  async publish(): Promise<boolean> {
    const problems: Problem[] = [];
    let changed = false;
    for (const { root, scope, entries } of this.#parts.settings.alertRules()) {
      if (scope !== 'user' && !this.#parts.trust.isTrusted()) continue;
      const rules = this.#rulesOf(root, scope, entries, problems);
      changed = (await this.#parts.store.publishRules(root === '' ? 'user' : root, rules)) || changed;
    }
    this.#problems = problems;
    return changed;
  }

  #rulesOf(root: string, scope: string, entries: unknown, problems: Problem[]): StoredRule[] {
    if (entries === undefined) return [];
    if (!Array.isArray(entries) || entries.length > mostRules) {
      problems.push({ path: 'cachify.alertRules', rule: `must be a list of at most ${mostRules} rules` });
      return [];
    }
    const names: string[] = [];
    return entries.flatMap((entry: unknown, at): StoredRule[] => {
      const { id, ...draft } = isRecord(entry) ? entry : { id: undefined };
      const around = { otherNames: names, sampleSeconds: this.#parts.settings.number('observability.sampleSeconds') };
      const read = readRule(isRecord(entry) ? { enabled: true, ...draft } : entry, around);
      if ('problems' in read) {
        const where = `cachify.alertRules[${at}]`;
        problems.push(
          ...read.problems.map(({ path, rule }) => ({ path: path === '' ? where : `${where}.${path}`, rule })),
        );
        return [];
      }
      names.push(read.rule.name);
      return [this.#stored(root, scope, typeof id === 'string' ? id : read.rule.name, read.rule)];
    });
  }

  #stored(root: string, scope: string, id: string, rule: AlertRuleDraft): StoredRule {
    const { digest, clock, connections } = this.#parts;
    const now = isoTime(clock);
    const inScope = connections.views().filter(({ summary }) => isInScope(rule, summary));
    return {
      ...rule,
      id: `settings.${digest.sha256([utf8(JSON.stringify([root, id]))]).slice(0, 24)}`,
      origin: 'settings',
      createdAt: now,
      updatedAt: now,
      ...(scope === 'user' ? {} : { appliesTo: inScope.map(({ summary }) => summary.uid).sort() }),
    };
  }
}
