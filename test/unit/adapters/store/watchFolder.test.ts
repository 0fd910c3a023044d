import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchFolder } from '../../../../src/adapters/store/disk/watchFolder.ts';

describe('a watched folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cachify-watched-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('tells once of changes that come together, and again of later ones', async () => {
    let told = 0;
    let heard = (): void => undefined;
    const next = (): Promise<void> => new Promise((resolve) => (heard = resolve));
    const watched = watchFolder(folder, () => {
      told++;
      heard();
    });
    const first = next();
    for (let n = 0; n < 5; n++) appendFileSync(join(folder, 'log'), 'x');
    await first;
    const afterFirst = told;
    const second = next();
    appendFileSync(join(folder, 'log'), 'y');
    await second;
    assert.ok(told > afterFirst && told <= 6, `told ${told} times`);
    watched.dispose();
  });

  it('that is not there tells nothing and breaks nothing', () => {
    watchFolder(join(folder, 'missing'), () => assert.fail('nothing changes there')).dispose();
  });
});
