import { isRecord } from '../connections/fields.ts';
import { validationFailure } from '../failure.ts';
import type { AlertRule, AlertRuleDraft } from './rule.ts';

/** What tells the file from other JSON. */
const format = 'cachify.alertRules';
const version = 1;
const mostRules = 1000;

/** Rules as a JSON file that people keep and share. `idOf` turns a stored connection into the id that settings use. */
export function rulesToJson(rules: readonly AlertRule[], idOf: (connectionId: string) => string): string {
  const plain = rules.map(
    ({ id: _id, origin: _origin, createdAt: _createdAt, updatedAt: _updatedAt, scope, ...rule }) => ({
      ...rule,
      scope: { ...scope, connections: scope.connections === '*' ? '*' : scope.connections.map(idOf) },
    }),
  );
  return `${JSON.stringify({ format, version, rules: plain }, null, 2)}\n`;
}

/** The rules of such a file, unchecked. @throws Failure VALIDATION_ERROR */
export function rulesOfJson(json: string): readonly unknown[] {
  const parsed = parsedJson(json);
  if (!isRecord(parsed) || parsed['format'] !== format) {
    throw validationFailure('format', `The text is no export of alert rules: \`format\` is not "${format}".`);
  }
  if (parsed['version'] !== version) {
    throw validationFailure(
      'version',
      'The export was made by a newer version of Cachify Studio. Nothing was imported.',
    );
  }
  const rules = parsed['rules'];
  if (!Array.isArray(rules) || rules.length > mostRules) {
    throw validationFailure('rules', `\`rules\` must be a list of at most ${mostRules} rules. Nothing was imported.`);
  }
  return rules;
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw validationFailure('', 'The text is not JSON. Nothing was imported.');
  }
}

/** A name that no other rule has: `Memory high (2)`. */
export function freeName(name: string, taken: readonly string[]): string {
  const lower = new Set(taken.map((each) => each.trim().toLowerCase()));
  if (!lower.has(name.trim().toLowerCase())) return name;
  const base = name.replace(/ \(\d+\)$/, '').slice(0, 72);
  for (let count = 2; ; count++) {
    const candidate = `${base} (${count})`;
    if (!lower.has(candidate.toLowerCase())) return candidate;
  }
}

/** The draft of a rule, without what the store adds. */
export function draftOf({
  id: _id,
  origin: _origin,
  createdAt: _created,
  updatedAt: _updated,
  ...draft
}: AlertRule): AlertRuleDraft {
  return draft;
}
