// Bundles of a real store on disk, made by the worker as it ships.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PreviewProgress } from '../../../src/domain/incidents/definition.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { incidentsRig, type IncidentsRig } from '../../support/incidentsRig.ts';
import { eventOf } from '../../support/storeRows.ts';

describe('incident bundles', function () {
  this.timeout(120_000);
  let rig: IncidentsRig;

  beforeEach(async () => {
    rig = await incidentsRig();
  });
  afterEach(() => rig.close());

  it('is a zip that unzip opens, sha256sum -c accepts, and verify finds whole', async () => {
    await rig.fill(3000);
    const preview = await rig.preview();
    const target = join(rig.folder, 'bundle.zip');
    const { bytes, archiveSha256 } = await rig.work.export(rig.exportOf(preview, target), {});
    assert.equal(statSync(target).size, bytes);
    execFileSync('unzip', ['-q', target, '-d', join(rig.folder, 'unpacked')]);
    const unpacked = join(rig.folder, 'unpacked');
    const sums = execFileSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: unpacked, encoding: 'utf8' });
    assert.equal(sums.trim().split('\n').length, 11);
    assert.deepEqual(readdirSync(unpacked).sort(), [
      'README.md',
      'SHA256SUMS',
      'alerts.json',
      'decisions.jsonl',
      'diagnostics.jsonl',
      'index.html',
      'logs.jsonl',
      'manifest.json',
      'metrics.jsonl',
      'redaction-report.json',
      'timeline.jsonl',
      'workflows.jsonl',
    ]);
    const lines = readFileSync(join(unpacked, 'timeline.jsonl'), 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 3000);
    assert.equal(preview.outcome.counts.timeline, 3000);
    assert.deepEqual(JSON.parse(lines[9] ?? ''), {
      at: '2026-01-01T00:00:09.000Z',
      id: '00000000-0000-4000-8000-000000000009',
      source: 'app',
      connection: 'shop',
      environment: 'dev',
      action: 'keys.write',
      key: 'user:9:profile',
      durationMs: 1.9,
      status: 'error',
      errorCode: 'TIMEOUT',
      retryable: true,
      attempt: 1,
    });
    assert.equal(readFileSync(join(unpacked, 'metrics.jsonl'), 'utf8').trimEnd().split('\n').length, 200);
    const verdict = await rig.work.verify(target);
    assert.deepEqual(verdict, { ok: true, differing: [], missing: [], added: [], archiveSha256 });
    assert.deepEqual(readdirSync(rig.folder).sort(), ['bundle.zip', 'unpacked']);
  });

  it('writes exactly what was previewed, whatever arrived since', async () => {
    await rig.fill(2000);
    const preview = await rig.preview();
    const late = Array.from({ length: 1000 }, (_, n) =>
      eventOf(n, { id: `11111111-0000-4000-8000-${String(n).padStart(12, '0')}` }),
    );
    await rig.stores.history.append(late);
    await rig.stores.history.flush();
    const target = join(rig.folder, 'bundle.zip');
    await rig.work.export(rig.exportOf(preview, target), {});
    const manifest = JSON.parse(execFileSync('unzip', ['-p', target, 'manifest.json'], { encoding: 'utf8' })) as {
      contentSha256: string;
    };
    assert.equal(manifest.contentSha256, preview.outcome.contentSha256);
    assert.ok((await rig.work.verify(target)).ok);
    const again = await rig.preview();
    assert.equal(again.outcome.counts.timeline, 3000);
    assert.notEqual(again.outcome.contentSha256, preview.outcome.contentSha256);
  });

  it('gives the same bytes for the same cut and salt', async () => {
    await rig.fill(1000);
    const first = await rig.preview();
    const second = await rig.preview({}, { previewId: 'other', cut: first.work.cut });
    assert.equal(second.outcome.contentSha256, first.outcome.contentSha256);
    const files = ['a.zip', 'b.zip'].map((name) => join(rig.folder, name));
    await rig.work.export(rig.exportOf(first, files[0] ?? ''), {});
    await rig.work.export(rig.exportOf(second, files[1] ?? '', 'job-0002-0002'), {});
    assert.ok(readFileSync(files[0] ?? '').equals(readFileSync(files[1] ?? '')));
  });

  it('says counts and size before it has read anything, then how far it is', async () => {
    await rig.fill(12_000);
    const told: PreviewProgress[] = [];
    const { cut, estimated } = await rig.stores.incidents.cut({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-02-01T00:00:00.000Z',
    });
    assert.equal(estimated.timeline, 12_000);
    assert.ok(Math.abs(estimated.metrics - 800) < 20, String(estimated.metrics));
    const preview = await rig.preview({}, { cut });
    await rig.work.preview({ ...preview.work, previewId: 'told' }, { onProgress: (progress) => told.push(progress) });
    assert.ok(told.length > 0);
    assert.deepEqual(told[0]?.counts, estimated);
  });

  it('stops with CONFLICT and leaves no file when rows were purged since the preview', async () => {
    await rig.fill(3000);
    const preview = await rig.preview();
    await rig.purgeBefore('2026-01-01T00:10:00.000Z');
    const target = join(rig.folder, 'bundle.zip');
    await assert.rejects(rig.work.export(rig.exportOf(preview, target), {}), (error) => isFailure(error, 'CONFLICT'));
    assert.deepEqual(readdirSync(rig.folder), []);
  });

  it('refuses hostile targets', async () => {
    await rig.fill(10);
    const preview = await rig.preview();
    writeFileSync(join(rig.folder, 'there.zip'), 'mine');
    mkdirSync(join(rig.folder, 'directory.zip'));
    mkdirSync(join(rig.folder, 'real'));
    mkdirSync(join(rig.folder, 'locked'));
    symlinkSync(join(rig.folder, 'real'), join(rig.folder, 'link'));
    symlinkSync(join(rig.folder, 'nowhere'), join(rig.folder, 'dangling.zip'));
    chmodSync(join(rig.folder, 'locked'), 0o500);
    const targets = [
      'relative.zip',
      join(rig.folder, 'there.zip'),
      join(rig.folder, 'directory.zip'),
      join(rig.folder, 'link', 'bundle.zip'),
      join(rig.folder, 'dangling.zip'),
      join(rig.folder, 'missing', 'bundle.zip'),
      `${rig.folder}/real/../bundle.zip`,
      // Root may write anywhere: there the folder of another kind stands for it.
      ...(process.getuid?.() === 0 ? ['/proc/bundle.zip'] : [join(rig.folder, 'locked', 'bundle.zip')]),
    ];
    for (const target of targets) {
      await assert.rejects(
        rig.work.export(rig.exportOf(preview, target), {}),
        (error) => isFailure(error, 'VALIDATION_ERROR') && error.details?.path === 'target',
        target,
      );
    }
    assert.equal(readFileSync(join(rig.folder, 'there.zip'), 'utf8'), 'mine');
    assert.ok(!existsSync(join(rig.folder, 'real', 'bundle.zip')));
  });
});
