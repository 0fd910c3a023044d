import type { AlertInstance } from '../../../../domain/alerts/state.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { number, text } from './rows.ts';

/** What is remembered of one connection, by rule. */
type RuleInstances = Map<string, AlertInstance>;
/** By connection: an evaluation goes through them one after another. */
export type Instances = Map<string, RuleInstances>;

export function instanceKey(ruleId: string, connectionId: string): string {
  return `${ruleId}\u0000${connectionId}`;
}

function keyParts(key: string): readonly [ruleId: string, connectionId: string] {
  const at = key.indexOf('\u0000');
  return [key.slice(0, at), key.slice(at + 1)];
}

export function alertInstances(database: SqlDatabase): Instances {
  const instances: Instances = new Map();
  for (const row of database.all('SELECT rule_id, connection_id, body_json FROM alert_states')) {
    const instance = JSON.parse(text(row, 'body_json')) as AlertInstance;
    remember(instances, text(row, 'rule_id'), text(row, 'connection_id'), instance);
  }
  return instances;
}

export function remember(instances: Instances, ruleId: string, connectionId: string, instance: AlertInstance): void {
  const known = instances.get(connectionId);
  if (known === undefined) instances.set(connectionId, new Map([[ruleId, instance]]));
  else known.set(ruleId, instance);
}

/** By `instanceKey`; null = forget it. */
export function saveInstances(transaction: Transaction, changes: ReadonlyMap<string, AlertInstance | null>): void {
  const kept = [...changes].flatMap(([key, instance]) =>
    instance === null ? [] : [[...keyParts(key), JSON.stringify(instance)]],
  );
  const gone = [...changes].flatMap(([key, instance]) => (instance === null ? [[...keyParts(key)]] : []));
  transaction.runMany('INSERT OR REPLACE INTO alert_states (rule_id, connection_id, body_json) VALUES (?, ?, ?)', kept);
  transaction.runMany('DELETE FROM alert_states WHERE rule_id = ? AND connection_id = ?', gone);
}

export interface Snooze {
  readonly ruleId: string;
  /** null = on all connections. */
  readonly connectionId: string | null;
  readonly untilMs: number;
}

export function snoozes(database: Pick<SqlDatabase, 'all'>, nowMs: number): Snooze[] {
  return database
    .all('SELECT rule_id, connection_id, until_ms FROM alert_snoozes WHERE until_ms > ?', [nowMs])
    .map((row) => ({
      ruleId: text(row, 'rule_id'),
      connectionId: text(row, 'connection_id') === '' ? null : text(row, 'connection_id'),
      untilMs: number(row, 'until_ms'),
    }));
}

/** Ends with `untilMs`; what fires then, and was shown, is due to be shown once more. */
export function saveSnooze(transaction: Transaction, { ruleId, connectionId, untilMs }: Snooze, nowMs: number): void {
  transaction.run('DELETE FROM alert_snoozes WHERE until_ms <= ?', [nowMs]);
  const where = 'rule_id = ? AND connection_id = ?';
  if (untilMs <= nowMs) {
    const params = connectionId === null ? [ruleId] : [ruleId, connectionId];
    transaction.run(`DELETE FROM alert_snoozes WHERE ${connectionId === null ? 'rule_id = ?' : where}`, params);
  } else {
    transaction.run('INSERT OR REPLACE INTO alert_snoozes (rule_id, connection_id, until_ms) VALUES (?, ?, ?)', [
      ruleId,
      connectionId ?? '',
      untilMs,
    ]);
  }
  transaction.run(
    `UPDATE alert_events SET toast = 'due', toast_due_ms = max(?, ?), toast_by = ''
      WHERE rule_id = ? AND (? = '' OR connection_id = ?) AND severity = 'critical' AND toast <> '' AND episode_to IS NULL
        AND EXISTS (SELECT 1 FROM alert_states WHERE alert_states.rule_id = alert_events.rule_id
          AND alert_states.connection_id = alert_events.connection_id)`,
    [untilMs, nowMs, ruleId, connectionId ?? '', connectionId ?? ''],
  );
}
