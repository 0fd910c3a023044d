import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readMigrations } from '../../../../src/adapters/store/migrations.ts';
import { projectRoot } from '../../../support/root.ts';

/** SHA-256 of the steps that people's stores were made with. A released step never changes: write a new one. */
const released: readonly (readonly [step: string, sha256: string])[] = [
  ['1 v1', '4e29b1f544a8ca00a9c84db251b195ed0359c12a8562838485672ef165e2aaa4'],
  ['2 v2', '0bc03346256db4775ee98ea05cd502d7f51ea7e7deb452e3977ea08acbe6fdf2'],
  ['3 v3', 'd7a7e235158ea7241cf21eacb815cc663d1b23d119fcc481cabe3ef0febdf3bc'],
];

describe('migrations', () => {
  const steps = readMigrations(join(projectRoot(), 'migrations'));

  it('are numbered without gaps or twins', () => {
    assert.deepEqual(
      steps.map(({ version }) => version),
      steps.map((_, index) => index + 1),
    );
  });

  it('are what they were when they were released', () => {
    const now = new Map(steps.map(({ version, name, sha256 }) => [`${version} ${name}`, sha256]));
    for (const [step, sha256] of released) assert.equal(now.get(step), sha256, `step ${step} was changed`);
  });
});
