// What goes wrong while a bundle is made leaves no file: a redactor that throws, a secret in the finished bytes, a full disk.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import { ZipWriter } from '../../../src/adapters/files/zipWriter.ts';
import { nodeFileSystem } from '../../../src/adapters/store/disk/nodeFileSystem.ts';
import { readMigrations } from '../../../src/adapters/store/migrations.ts';
import { sqlJsEngine } from '../../../src/adapters/store/sql/driver.ts';
import type { StoreEngine } from '../../../src/adapters/store/storeEngine.ts';
import { exportBundle } from '../../../src/adapters/store/worker/incidents/exportJob.ts';
import { previewBundle } from '../../../src/adapters/store/worker/incidents/previewJob.ts';
import { openHistory } from '../../../src/adapters/store/worker/incidents/readHistory.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { DatasetLines, type EventColumns } from '../../../src/domain/incidents/lines.ts';
import { incidentsRig, type IncidentsRig } from '../../support/incidentsRig.ts';
import { systemClock } from '../../support/systemClock.ts';

const quiet = { progress: () => undefined, checkpoint: () => Promise.resolve() };

type Method<Args extends unknown[], Result> = (...args: Args) => Result;

/** Wraps a method until the returned function is called; `by` gets the original, bound. */
function wrapped<K extends string, Args extends unknown[], Result>(
  target: Record<K, Method<Args, Result>>,
  name: K,
  by: (original: Method<Args, Result>, ...args: Args) => Result,
): () => void {
  const before = target[name];
  target[name] = function (this: unknown, ...args: Args) {
    return by((...given) => Reflect.apply(before, this, given), ...args);
  };
  return () => {
    target[name] = before;
  };
}

describe('a bundle that cannot be made', function () {
  this.timeout(120_000);
  let rig: IncidentsRig;
  let history: StoreEngine;
  const places = () => ({
    folder: join(rig.root, 'incidents'),
    pageScript: join(rig.root, 'page.js'),
    pageStyle: join(rig.root, 'page.css'),
  });

  /** The history in this thread, so that what goes wrong can be made to go wrong here. */
  async function open(): Promise<void> {
    const module = await initSqlJs({ wasmBinary: new Uint8Array(readFileSync(rig.built.wasmPath)).buffer });
    history = await openHistory({
      directory: join(rig.root, 'store'),
      fs: nodeFileSystem,
      sql: sqlJsEngine(module),
      clock: systemClock,
      migrations: readMigrations(rig.built.migrationsDirectory),
      heldBytes: () => 0,
      tell: () => undefined,
    });
  }

  beforeEach(async () => {
    rig = await incidentsRig();
    await rig.fill(20_000, (n) => ({ keyOrPattern: `user:${createHash('md5').update(String(n)).digest('hex')}` }));
  });
  afterEach(async () => {
    await history.close();
    await rig.close();
  });

  it('a redactor that throws at record k leaves no file and no temporary file, at the preview and at the export', async () => {
    const preview = await rig.preview();
    await open();
    for (const k of [1, 777, 19_999]) {
      let calls = 0;
      const restore = wrapped<'event', [EventColumns], string>(DatasetLines.prototype, 'event', (original, event) => {
        calls += 1;
        if (calls === k) throw new TypeError('made to throw');
        return original(event);
      });
      const target = join(rig.folder, `bundle-${k}.zip`);
      await assert.rejects(
        exportBundle(history, rig.exportOf(preview, target, `job-${k}`), places(), quiet),
        TypeError,
      );
      calls = 0;
      const work = { ...preview.work, previewId: `thrown-${k}` };
      await assert.rejects(previewBundle(history, work, places(), quiet), TypeError);
      restore();
      assert.deepEqual(readdirSync(rig.folder), []);
      assert.ok(!existsSync(join(rig.root, 'incidents', `thrown-${k}`)));
      assert.ok(
        !readdirSync(join(rig.root, 'incidents', preview.work.previewId)).some((name) => name.endsWith('.state')),
      );
    }
  });

  it('a known secret in the finished bytes leaves no file, in any form', async () => {
    const secret = 'tr0ub4dor&3/"quoted"';
    const preview = await rig.preview();
    await open();
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(`..${secret}..`).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ];
    for (const [at, form] of forms.entries()) {
      const restore = wrapped<'event', [EventColumns], string>(DatasetLines.prototype, 'event', (original, event) => {
        const line = original(event);
        return event.id.endsWith('00a') ? line.replace('"user:', `${JSON.stringify(form).slice(0, -1)} user:`) : line;
      });
      const made = await previewBundle(history, { ...preview.work, previewId: `leak-${at}` }, places(), quiet);
      const target = join(rig.folder, `leak-${at}.zip`);
      const work = {
        ...rig.exportOf({ outcome: made, work: { ...preview.work, previewId: `leak-${at}` } }, target),
        secrets: [secret],
      };
      await assert.rejects(
        exportBundle(history, work, places(), quiet),
        (error) =>
          isFailure(error, 'BLOCKED') && ['index.html', 'timeline.jsonl'].includes(String(error.details?.['file'])),
      );
      restore();
      assert.deepEqual(readdirSync(rig.folder), []);
    }
  });

  it('a disk that is full stops it, and it goes on from there when there is room', async () => {
    const preview = await rig.preview();
    const whole = join(rig.folder, 'whole.zip');
    await rig.work.export(rig.exportOf(preview, whole, 'job-whole'), {});
    await open();
    const target = join(rig.folder, 'full.zip');
    const work = rig.exportOf(preview, target, 'job-full');
    let pieces = 0;
    const restore = wrapped<'append', [Buffer, Buffer], Promise<void>>(
      ZipWriter.prototype,
      'append',
      (original, ...args) => {
        pieces += 1;
        if (pieces === 10) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return original(...args);
      },
    );
    await assert.rejects(
      exportBundle(history, work, places(), quiet),
      (error) =>
        isFailure(error, 'INTERNAL_ERROR') &&
        error.details?.['resumable'] === true &&
        /disk is full/.test(error.message),
    );
    restore();
    assert.ok(!existsSync(target));
    assert.equal(readdirSync(rig.folder).filter((name) => name.includes('partial')).length, 1);
    let rest = 0;
    const counting = wrapped<'append', [Buffer, Buffer], Promise<void>>(
      ZipWriter.prototype,
      'append',
      (original, ...args) => {
        rest += 1;
        return original(...args);
      },
    );
    await exportBundle(history, work, places(), quiet);
    counting();
    assert.ok(rest < pieces + 5, `${rest} pieces were written again`);
    assert.ok(readFileSync(target).equals(readFileSync(whole)));
  });

  it('what a power cut damaged of a partial file is written again', async () => {
    const preview = await rig.preview();
    const whole = join(rig.folder, 'whole.zip');
    await rig.work.export(rig.exportOf(preview, whole, 'job-whole'), {});
    await open();
    const target = join(rig.folder, 'damaged.zip');
    const work = rig.exportOf(preview, target, 'job-damaged');
    let calls = 0;
    const stopped = {
      ...quiet,
      checkpoint: async () => {
        calls += 1;
        if (calls === 9) throw Object.assign(new Error(''), { code: 'EIO' });
      },
    };
    await assert.rejects(exportBundle(history, work, places(), stopped));
    const partial = join(rig.folder, readdirSync(rig.folder).find((name) => name.includes('partial')) ?? '');
    const bytes = readFileSync(partial);
    bytes.fill(0, 200, 260);
    writeFileSync(partial, bytes);
    await exportBundle(history, work, places(), quiet);
    assert.ok(readFileSync(target).equals(readFileSync(whole)));
  });
});
