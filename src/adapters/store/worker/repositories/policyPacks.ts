import type { GovernanceStore, HoldingPacks, StoredPack, StoredPackVersion } from '../../../../app/ports/governance.ts';
import { Failure } from '../../../../domain/failure.ts';
import { display } from '../../../../domain/display.ts';
import type { SqlDatabase, SqlRow } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { number, text, textOrNull } from './rows.ts';

const columns = `id, name, description, environments_json, max_workflow_items, max_retry_attempts, scheduling_enabled,
  execution_windows_json, enabled, created_at, updated_at, version, removed_at`;

export function storedPacks(database: SqlDatabase): StoredPack[] {
  return database.all(`SELECT ${columns} FROM governance_policy_packs ORDER BY name, id`).map(packOf);
}

export function savePacks(transaction: Transaction, packs: Parameters<GovernanceStore['savePacks']>[0]): void {
  for (const { id, version, createdAt, updatedAt, removedAt, content } of packs) {
    const [row] = transaction.all(`SELECT ${columns} FROM governance_policy_packs WHERE id = ?`, [id]);
    if (version !== (row === undefined ? 1 : number(row, 'version') + 1)) throw changedMeanwhile(content.name);
    // A pack that was brought over has no version on record until it is changed.
    if (row !== undefined) keepVersion(transaction, packOf(row));
    transaction.run(
      `INSERT OR REPLACE INTO governance_policy_packs (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        id,
        content.name,
        content.description ?? null,
        JSON.stringify(content.environments),
        content.maxWorkflowItems,
        content.maxRetryAttempts,
        content.schedulingEnabled ? 1 : 0,
        JSON.stringify(content.executionWindows),
        content.enabled ? 1 : 0,
        createdAt,
        updatedAt,
        version,
        removedAt,
      ],
    );
    keepVersion(transaction, { id, version, updatedAt, content });
  }
}

function keepVersion(
  transaction: Transaction,
  {
    id,
    version,
    updatedAt,
    content,
  }: Omit<StoredPack, 'content' | 'createdAt' | 'removedAt'> & { readonly content: unknown },
): void {
  transaction.run(
    'INSERT OR IGNORE INTO governance_pack_versions (pack_id, version, saved_at, content_json) VALUES (?, ?, ?, ?)',
    [id, version, updatedAt, JSON.stringify(content)],
  );
}

export function packVersions(database: SqlDatabase, packId: string): StoredPackVersion[] {
  return database
    .all(
      'SELECT version, saved_at, content_json FROM governance_pack_versions WHERE pack_id = ? ORDER BY version DESC',
      [packId],
    )
    .map((row) => ({
      version: number(row, 'version'),
      savedAt: text(row, 'saved_at'),
      content: jsonOf(row, 'content_json'),
    }));
}

/** false = there was none. */
export function removePack(transaction: Transaction, id: string, at: string): boolean {
  const found = transaction.all('SELECT id FROM governance_policy_packs WHERE id = ? AND removed_at IS NULL', [id]);
  if (found.length === 0) return false;
  transaction.run('UPDATE governance_policy_packs SET removed_at = ? WHERE id = ?', [at, id]);
  transaction.run('DELETE FROM governance_assignments WHERE policy_pack_id = ?', [id]);
  return true;
}

export function assignments(database: SqlDatabase): { connectionId: string; packIds: string[] }[] {
  const byConnection = new Map<string, string[]>();
  const rows = database.all(
    `SELECT a.connection_id, a.policy_pack_id FROM governance_assignments a
      JOIN governance_policy_packs p ON p.id = a.policy_pack_id AND p.removed_at IS NULL
      ORDER BY a.connection_id, p.name, p.id`,
  );
  for (const row of rows) {
    const connectionId = text(row, 'connection_id');
    byConnection.set(connectionId, [...(byConnection.get(connectionId) ?? []), text(row, 'policy_pack_id')]);
  }
  return [...byConnection].map(([connectionId, packIds]) => ({ connectionId, packIds }));
}

export function assignPacks(transaction: Transaction, uid: string, packIds: readonly string[], at: string): void {
  transaction.run('DELETE FROM governance_assignments WHERE connection_id = ?', [uid]);
  transaction.runMany(
    'INSERT INTO governance_assignments (connection_id, policy_pack_id, assigned_at) VALUES (?, ?, ?)',
    packIds.map((id) => [uid, id, at]),
  );
}

export function holdingPacks(database: SqlDatabase, uid: string): HoldingPacks {
  const packs = database
    .all(
      `SELECT ${columns} FROM governance_policy_packs WHERE removed_at IS NULL AND id IN
        (SELECT policy_pack_id FROM governance_assignments WHERE connection_id = ?) ORDER BY name, id`,
      [uid],
    )
    .map(packOf);
  const [last] = database.all('SELECT max(at) AS at FROM governance_decisions');
  return { packs, lastDecisionAt: last === undefined ? null : textOrNull(last, 'at') };
}

function packOf(row: SqlRow): StoredPack {
  const description = textOrNull(row, 'description');
  return {
    id: text(row, 'id'),
    version: number(row, 'version'),
    createdAt: text(row, 'created_at'),
    updatedAt: text(row, 'updated_at'),
    removedAt: textOrNull(row, 'removed_at'),
    content: {
      name: text(row, 'name'),
      description: description ?? undefined,
      environments: jsonOf(row, 'environments_json'),
      maxWorkflowItems: row['max_workflow_items'],
      maxRetryAttempts: row['max_retry_attempts'],
      schedulingEnabled: row['scheduling_enabled'] !== 0,
      executionWindows: jsonOf(row, 'execution_windows_json'),
      enabled: row['enabled'] !== 0,
    },
  };
}

/** What is no JSON is nothing, which no pack may have there: the reader refuses the pack and says so. */
function jsonOf(row: SqlRow, column: string): unknown {
  try {
    return JSON.parse(text(row, column));
  } catch {
    return null;
  }
}

function changedMeanwhile(name: string): Failure {
  return new Failure('CONFLICT', `${display(name)} was changed in another window meanwhile. Nothing was saved.`, {
    nextAction: 'Look at the pack as it is now, then change it again.',
  });
}
