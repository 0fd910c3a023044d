import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStores } from '../../../src/adapters/store/openStores.ts';
import type { StoreProblem } from '../../../src/adapters/store/problems.ts';
import type { Stores } from '../../../src/app/ports/stores.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { storeBuild, type StoreBuild } from '../../support/storeBuild.ts';
import { eventOf } from '../../support/storeRows.ts';
import { systemClock } from '../../support/systemClock.ts';

describe('damage to the store', function () {
  this.timeout(120_000);
  let build: StoreBuild;
  let directory: string;
  let opened: Stores[];

  const open = (told: StoreProblem[]): Stores => {
    const onProblem = (problem: StoreProblem): void => void told.push(problem);
    const stores = openStores({ directory, clock: systemClock, onProblem, ...build });
    opened.push(stores);
    return stores;
  };

  before(async () => {
    build = await storeBuild();
  });
  beforeEach(() => {
    directory = ownFolder('cachify-told-');
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((stores) => stores.close()));
    removeFolder(directory);
  });

  it('is told to a person once, with its time range, however many windows find it and however often', async () => {
    const before = open([]);
    for (let n = 0; n < 10; n++) {
      await before.history.append([eventOf(n, { timestamp: new Date(Date.UTC(2026, 5, 1, n)).toISOString() })]);
    }
    await before.close();
    const folder = join(directory, 'history');
    const log = readdirSync(folder).find((name) => name.startsWith('log-'));
    assert.ok(log !== undefined);
    const bytes = readFileSync(join(folder, log));
    bytes.fill(0xff, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.6) + 40);
    writeFileSync(join(folder, log), bytes);

    const told: StoreProblem[] = [];
    const windows = [open(told), open(told), open(told)];
    await Promise.all(windows.map((stores) => stores.connections.list()));
    await Promise.all(windows.map((stores) => stores.close()));
    const later = open(told);
    await later.connections.list();
    const first = told.filter(({ kind, toldBefore }) => kind !== 'tornTail' && toldBefore !== true);
    assert.equal(first.length, 1, JSON.stringify(told));
    assert.equal(first[0]?.kind, 'missingWrites');
    assert.deepEqual([typeof first[0].missing?.from, typeof first[0].missing?.to], ['string', 'string']);
    const left = await later.history.timeline({ from: '2026-06-01T00:00:00Z', to: '2026-06-02T00:00:00Z', limit: 100 });
    assert.ok(left.events.length >= 4 && left.events.length < 10, `${left.events.length} events are left`);
  });
});
