import assert from 'node:assert/strict';
import { join } from 'node:path';
import { migrateTo, readMigrations } from '../../../../src/adapters/store/migrations.ts';
import { sqlEngine } from '../../../faults/workload.ts';
import { projectRoot } from '../../../support/root.ts';

describe('tables of purged rows', () => {
  it('have every column of the tables that the rows came from, so that undo brings all of it back', async () => {
    const database = (await sqlEngine()).open();
    const steps = readMigrations(join(projectRoot(), 'migrations'));
    migrateTo(database, steps.length, steps, new Date(0).toISOString());
    const columns = (table: string): string[] =>
      database.rows('SELECT name FROM pragma_table_info(?)', [table]).map(([name]) => String(name));
    const names = database
      .rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'purged\\_%' ESCAPE '\\'")
      .map(([name]) => String(name))
      .filter((name) => name !== 'purged_parts');
    assert.equal(names.length, 6);
    for (const name of names) {
      const own = columns(name).filter((column) => column !== 'purge_id');
      const source = columns(name.slice('purged_'.length));
      assert.deepEqual(own.toSorted(), source.toSorted(), `a migration changed one table and not ${name}`);
    }
    database.close();
  });
});
