import type { StoredRule } from '../../../../app/ports/alerts.ts';
import { alertSeverities } from '../../../../domain/alerts/event.ts';
import type { AlertMetric } from '../../../../domain/alerts/metrics/metric.ts';
import { metricOf } from '../../../../domain/alerts/metrics/registry.ts';
import type { AlertRule, AlertRuleDraft, RuleOrigin } from '../../../../domain/alerts/rule.ts';
import { draftOf } from '../../../../domain/alerts/exchange.ts';
import type { SqlDatabase, SqlRow, SqlValue } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { environments } from './environments.ts';
import { number, text, textOrNull } from './rows.ts';

const columns = `id, name, metric, threshold, lookback_minutes, severity, connection_id, environment, enabled, created_at,
  updated_at, body_json, origin, origin_root, applies_to_json`;
const marks = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const starterMark = 'startersInstalled';

/** In the order of their names. */
export function alertRules(database: Pick<SqlDatabase, 'all'>): StoredRule[] {
  return database.all(`SELECT ${columns} FROM alert_rules ORDER BY name, id`).map(ruleOf);
}

export function saveRules(transaction: Transaction, rules: readonly StoredRule[], root = ''): void {
  transaction.runMany(
    `INSERT OR REPLACE INTO alert_rules (${columns}) VALUES ${marks}`,
    rules.map((rule) => rowOf(rule, root)),
  );
}

/** false = there was none. What is remembered of it the next evaluation ends, so that its episodes have an end. */
export function removeRule(transaction: Transaction, id: string): boolean {
  if (transaction.all('SELECT id FROM alert_rules WHERE id = ?', [id]).length === 0) return false;
  transaction.run('DELETE FROM alert_rules WHERE id = ?', [id]);
  transaction.run('DELETE FROM alert_snoozes WHERE rule_id = ?', [id]);
  return true;
}

/** Once per store: a person who deletes one does not get it back. false = it was done before. */
export function installStarters(transaction: Transaction, rules: readonly AlertRule[]): boolean {
  if (transaction.all('SELECT value FROM alert_marks WHERE name = ?', [starterMark]).length > 0) return false;
  transaction.runMany(
    `INSERT OR IGNORE INTO alert_rules (${columns}) VALUES ${marks}`,
    rules.map((rule) => rowOf(rule, '')),
  );
  transaction.run('INSERT OR REPLACE INTO alert_marks (name, value) VALUES (?, ?)', [starterMark, '1']);
  return true;
}

/** The rules that come from one settings file are these. false = they were already. */
export function publishRules(transaction: Transaction, root: string, rules: readonly StoredRule[]): boolean {
  const before = transaction
    .all(`SELECT ${columns} FROM alert_rules WHERE origin = 'settings' AND origin_root = ?`, [root])
    .map(ruleOf);
  const kept = new Map(before.map((rule) => [rule.id, rule]));
  const changed = rules.filter((rule) => !isSame(kept.get(rule.id), rule));
  const gone = before.filter(({ id }) => !rules.some((rule) => rule.id === id));
  for (const { id } of gone) removeRule(transaction, id);
  saveRules(transaction, changed, root);
  return changed.length + gone.length > 0;
}

function isSame(before: StoredRule | undefined, now: StoredRule): boolean {
  if (before === undefined) return false;
  const parts = (rule: StoredRule): string => JSON.stringify([draftOf(rule), rule.appliesTo ?? null]);
  return parts(before) === parts(now);
}

function rowOf({ appliesTo, ...rule }: StoredRule, root: string): SqlValue[] {
  const { connections, environments: where } = rule.scope;
  return [
    rule.id,
    rule.name,
    rule.metric,
    rule.threshold,
    rule.lookbackMinutes,
    rule.severity,
    connections !== '*' && connections.length === 1 ? (connections[0] ?? null) : null,
    where !== '*' && where.length === 1 ? (where[0] ?? null) : null,
    rule.enabled ? 1 : 0,
    rule.createdAt,
    rule.updatedAt,
    JSON.stringify(draftOf(rule)),
    rule.origin,
    root,
    appliesTo === undefined ? null : JSON.stringify(appliesTo),
  ];
}

function ruleOf(row: SqlRow): StoredRule {
  const body = textOrNull(row, 'body_json');
  const appliesTo = textOrNull(row, 'applies_to_json');
  const origin = text(row, 'origin');
  return {
    ...(body === null ? desktopRule(row) : (JSON.parse(body) as AlertRuleDraft)),
    id: text(row, 'id'),
    origin: (['own', 'starter', 'settings'] satisfies RuleOrigin[]).find((known) => known === origin) ?? 'own',
    createdAt: text(row, 'created_at'),
    updatedAt: text(row, 'updated_at'),
    ...(appliesTo === null ? {} : { appliesTo: JSON.parse(appliesTo) as string[] }),
  };
}

/** A rule of the desktop program, which knew a threshold and a lookback, and fired at once. */
function desktopRule(row: SqlRow): AlertRuleDraft {
  const metric: AlertMetric | undefined = metricOf(text(row, 'metric'));
  const connection = textOrNull(row, 'connection_id');
  const severity = text(row, 'severity');
  const where = environments.find((known) => known === row['environment']);
  return {
    name: text(row, 'name'),
    metric: text(row, 'metric'),
    aggregation: metric?.aggregations[0] ?? 'last',
    operator: '>',
    threshold: number(row, 'threshold'),
    lookbackMinutes: Math.max(1, Math.round(number(row, 'lookback_minutes'))),
    forSeconds: 0,
    severity: alertSeverities.find((known) => known === severity) ?? 'warning',
    scope: { connections: connection === null ? '*' : [connection], environments: where === undefined ? '*' : [where] },
    enabled: number(row, 'enabled') !== 0,
  };
}
