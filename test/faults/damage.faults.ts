import assert from 'node:assert/strict';
import { join, posix } from 'node:path';
import { decodeManifest } from '../../src/adapters/store/generations/manifest.ts';
import { readMigrations } from '../../src/adapters/store/migrations.ts';
import type { StoreEngine } from '../../src/adapters/store/storeEngine.ts';
import { MemoryDisk } from '../support/memoryDisk.ts';
import { projectRoot } from '../support/root.ts';
import { seeded } from '../support/seeded.ts';
import { faultsMode, isInPiece, report } from './report.ts';
import { commitNumber, held, openSmall, type Held } from './workload.ts';

const commits = 40;

interface Specimen {
  readonly disk: MemoryDisk;
  readonly truth: Held;
  /** Files that a start reads: the newest generation's, and the log after it. */
  readonly needed: readonly string[];
}

async function specimen(): Promise<Specimen> {
  const disk = new MemoryDisk();
  const { engine } = await openSmall(disk.mount());
  for (let n = 1; n <= commits; n++) await commitNumber(engine, n);
  const truth = held(engine);
  await engine.close();
  const newest = disk
    .list('/store')
    .filter((name) => name.startsWith('generation-'))
    .sort()
    .at(-1);
  assert.ok(newest !== undefined, 'the store wrote a generation');
  const manifest = decodeManifest(disk.bytes(`/store/${newest}`));
  assert.ok(manifest !== undefined && manifest.parts.length > 0, 'the generation names parts');
  const needed = [newest, manifest.main.file, manifest.log, ...manifest.parts.map(({ file }) => file)];
  return { disk, truth, needed: needed.map((name) => posix.join('/store', name)) };
}

interface Outcome {
  readonly reported: boolean;
  readonly whole: boolean;
}

async function openDamaged(disk: MemoryDisk, truth: Held): Promise<Outcome> {
  const { engine, problems } = await openSmall(disk.mount());
  const now = held(engine);
  const whole = JSON.stringify(now) === JSON.stringify(truth);
  for (const n of now.kept) assert.ok(truth.kept.includes(n), 'nothing appears that was never written');
  await engine.close();
  return { reported: problems.length > 0, whole };
}

const flips = { short: 1500, full: 6000, long: 60_000 }[faultsMode];

describe('faults: damaged files', function () {
  this.timeout(900_000);

  it('every bit flip that matters is detected before use', async () => {
    const { disk, truth, needed } = await specimen();
    const random = seeded(7);
    const below = (limit: number): number => Math.floor(random() * limit);
    const all = disk.paths().filter((path) => !/(?:LOCK|reserve)$/.test(path));
    const total = all.reduce((sum, path) => sum + disk.bytes(path).length, 0);
    const count = { flips: 0, effective: 0, detected: 0, recovered: 0, 'wrong without a word': 0 };
    for (let i = 0; i < flips; i++) {
      let at = below(total);
      const path = all.find((candidate) => (at -= disk.bytes(candidate).length) < 0) ?? '';
      const bytes = Buffer.from(disk.bytes(path));
      const byte = below(bytes.length);
      bytes[byte] = (bytes[byte] ?? 0) ^ (1 << below(8));
      if (!isInPiece(i)) continue;
      const damaged = disk.copy();
      damaged.damage(path, bytes);
      const { reported, whole } = await openDamaged(damaged, truth);
      count.flips++;
      if (needed.includes(path)) {
        count.effective++;
        if (reported) count.detected++;
        if (whole) count.recovered++;
      }
      if (!whole && !reported) count['wrong without a word']++;
    }
    report('bit flips', count);
    assert.ok(count.effective > count.flips / 10, 'most of the flips would say nothing otherwise');
    assert.equal(count.detected, count.effective);
    assert.equal(count['wrong without a word'], 0);
  });

  it('every truncation is detected before use', async () => {
    const { disk, truth, needed } = await specimen();
    const count = { lengths: 0, detected: 0, 'a whole log, only shorter': 0, recovered: 0 };
    for (const path of needed) {
      const bytes = disk.bytes(path);
      const step = { short: Math.max(1, Math.floor(bytes.length / 60)), full: 7, long: 1 }[faultsMode];
      for (let length = 0; length < bytes.length; length += step) {
        if (!isInPiece(length)) continue;
        const damaged = disk.copy();
        damaged.damage(path, Buffer.from(bytes.subarray(0, length)));
        const { reported, whole } = await openDamaged(damaged, truth);
        count.lengths++;
        if (reported) count.detected++;
        else if (posix.basename(path).startsWith('log-')) count['a whole log, only shorter']++;
        if (whole) count.recovered++;
      }
    }
    report('truncations', count);
    assert.equal(count.detected + count['a whole log, only shorter'], count.lengths);
  });

  it('a job that only reads leaves a damaged file to the windows, which tell of it', async () => {
    const { disk, truth, needed } = await specimen();
    for (const path of needed) {
      const damaged = disk.copy();
      damaged.damage(path, Buffer.alloc(disk.bytes(path).length, 1));
      const names = damaged.paths();
      const job = await openSmall(damaged.mount(), { passive: true });
      held(job.engine);
      await job.engine.close();
      assert.deepEqual(damaged.paths(), names, path);
      assert.ok((await openDamaged(damaged, truth)).reported, path);
    }
  });

  it('damage among the steps of the schema costs what was in the damaged frames, and not the store', async () => {
    const released = { migrations: readMigrations(join(projectRoot(), 'migrations')), logBytes: 1 << 30 };
    const empty = { ...released, partRows: 1_000_000, contentOf: () => ({ rows: 0, from: null, to: null }) };
    const take = (engine: StoreEngine, name: string): Promise<void> =>
      engine.commit((tx) =>
        tx.run('INSERT INTO leases (name, holder, fence, expires_at_ms) VALUES (?, ?, ?, ?)', [name, 'h', 1, 1]),
      );
    const disk = new MemoryDisk();
    const { engine } = await openSmall(disk.mount(), empty);
    for (let n = 0; n < 10; n++) await take(engine, `before ${n}`);
    await engine.close();
    const log = disk.paths().find((path) => path.includes('/log-')) ?? assert.fail('there is a log');
    const bytes = disk.bytes(log);
    const places = { short: 40, full: 200, long: 2000 }[faultsMode];
    const count = { places: 0, reported: 0, 'rows lost': 0 };
    for (let place = 0; place < places; place++) {
      const damaged = disk.copy();
      // Behind the header and the first frame's own copy of its salt.
      const at = 100 + Math.floor(((bytes.length - 200) * place) / places);
      damaged.damage(log, Buffer.from(bytes).fill(0xff, at, at + 40));
      const after = await openSmall(damaged.mount(), empty);
      await take(after.engine, 'after');
      const left = after.engine.read().rows('SELECT name FROM leases').length - 1;
      await after.engine.close();
      assert.ok(left >= 8, `${left} rows are left after damage at ${at} of ${bytes.length}`);
      count.places++;
      count['rows lost'] += 10 - left;
      if (after.problems.length > 0) count.reported++;
    }
    report('damage among steps of the schema', count);
    assert.equal(count.reported, count.places);
  });
});
