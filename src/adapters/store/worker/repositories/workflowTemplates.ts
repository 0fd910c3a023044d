import type { StoredTemplate } from '../../../../app/ports/workflows.ts';
import { workflowKinds } from '../../../../domain/workflows/definition.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { oneOf, text } from './rows.ts';

const upsert = `INSERT INTO workflow_templates (id, name, kind, parameters_json, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, parameters_json = excluded.parameters_json,
    updated_at = excluded.updated_at`;

export function saveTemplate(transaction: Transaction, template: StoredTemplate): void {
  const { id, name, kind, parameters, createdAt, updatedAt } = template;
  transaction.run(upsert, [id, name, kind, JSON.stringify(parameters), createdAt, updatedAt]);
}

/** false = there was none. */
export function removeTemplate(transaction: Transaction, id: string): boolean {
  if (transaction.all('SELECT id FROM workflow_templates WHERE id = ?', [id]).length === 0) return false;
  transaction.run('DELETE FROM workflow_templates WHERE id = ?', [id]);
  return true;
}

export function workflowTemplates(database: SqlDatabase): StoredTemplate[] {
  return database
    .all('SELECT id, name, kind, parameters_json, created_at, updated_at FROM workflow_templates ORDER BY name, id')
    .map((row) => ({
      id: text(row, 'id'),
      name: text(row, 'name'),
      kind: oneOf(row, 'kind', workflowKinds),
      parameters: JSON.parse(text(row, 'parameters_json')) as Record<string, unknown>,
      createdAt: text(row, 'created_at'),
      updatedAt: text(row, 'updated_at'),
    }));
}
