import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { readMigrations } from '../../../../src/adapters/store/migrations.ts';

describe('migrations', () => {
  it('stand in the folder once each, without a gap', () => {
    const found = readMigrations(join(resolve(__dirname, '../../../..'), 'migrations'));
    assert.ok(found.length >= 5);
  });
});
