import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/root.ts';

interface Entry {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const FILES = ['package-lock.json', 'test/support/host/package-lock.json', 'scripts/packaging/package-lock.json'];

describe('lock files', () => {
  for (const file of FILES) {
    const text = readFileSync(join(projectRoot(), file), 'utf8');
    const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Entry>> };

    it(`${file} names every platform's package, without which npm ci refuses`, () => {
      const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
        Object.keys(optionalDependencies).filter(
          (name) => !packages[`node_modules/${name}`]?.version && !packages[`${path}/node_modules/${name}`]?.version,
        ),
      );
      assert.deepEqual(missing, []);
    });

    it(`${file} says nothing about where packages came from`, () => {
      assert.equal(text.includes('"resolved"'), false);
    });
  }
});
