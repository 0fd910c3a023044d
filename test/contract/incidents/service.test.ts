// The use cases on a real store and real files; only the server side of what is collected is left out.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDigest } from '../../../src/adapters/node/digest.ts';
import { IncidentService, previewMs } from '../../../src/app/incidents/incidentService.ts';
import type { IncidentParts } from '../../../src/app/incidents/parts.ts';
import { JobLeases } from '../../../src/app/leases/jobLeases.ts';
import type { Clock } from '../../../src/app/ports/clock.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { IncidentRequest } from '../../../src/domain/incidents/definition.ts';
import { incidentsRig, nothingCollected, type IncidentsRig } from '../../support/incidentsRig.ts';
import { systemClock } from '../../support/systemClock.ts';

const request: IncidentRequest = {
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  includes: ['timeline', 'metrics'],
  redactionProfile: 'strict',
};
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the use cases of incident bundles', function () {
  this.timeout(180_000);
  let rig: IncidentsRig;
  let secrets: Map<string, string>;
  let laterMs: number;

  beforeEach(async () => {
    rig = await incidentsRig();
    await rig.fill(2000);
    secrets = new Map();
    laterMs = 0;
  });
  afterEach(() => rig.close());

  /** A window with its own memory; `gone` are windows that died. */
  function windowOf(name = 'a', more: Partial<IncidentParts> = {}, gone: readonly string[] = []): IncidentService {
    const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() + laterMs };
    const holder = { name, isGone: (other: string) => gone.includes(other) };
    return new IncidentService({
      store: rig.stores.incidents,
      work: rig.work,
      leases: new JobLeases({ leases: rig.stores.leases, holder, clock, log }),
      secrets: {
        get: (key) => Promise.resolve(secrets.get(key)),
        set: (key, value) => Promise.resolve(void secrets.set(key, value)),
        delete: (key) => Promise.resolve(void secrets.delete(key)),
      },
      knownSecrets: () => Promise.resolve([]),
      connections: { views: () => [], onDidChange: () => ({ dispose: () => undefined }) },
      collect: () => Promise.resolve(nothingCollected),
      clock,
      digest: nodeDigest,
      log,
      toolVersion: '1.2.3',
      ...more,
    });
  }

  it('previews, pins, exports, lists, and finds the file where it went', async () => {
    const service = windowOf();
    const progress: number[] = [];
    const preview = await service.preview(request, { onProgress: ({ counts }) => progress.push(counts.timeline) });
    assert.equal(progress[0], 2000);
    assert.equal(preview.counts.timeline, 2000);
    assert.match(preview.contentSha256, /^[0-9a-f]{64}$/);
    const [pin] = await service.pins();
    assert.equal(pin?.reason, 'preview');
    assert.deepEqual(pin?.windows, [{ from: request.from, to: request.to }]);
    const target = join(rig.folder, 'bundle.zip');
    const begun = await service.export({ previewId: preview.previewId, target: `file://${target}` });
    assert.equal(begun.state, 'running');
    const done = await service.wait(begun.id);
    assert.deepEqual([done.state, done.stage, done.progress], ['success', 'done', 1]);
    const [bundle] = await service.bundles();
    assert.equal(bundle?.id, done.bundleId);
    assert.equal(bundle?.contentSha256, preview.contentSha256);
    assert.equal(bundle?.file, 'found');
    assert.ok((await service.verify(target)).ok);
    renameSync(target, join(rig.folder, 'renamed.zip'));
    const [moved] = await service.bundles();
    assert.deepEqual([moved?.file, moved?.path], ['moved', join(rig.folder, 'renamed.zip')]);
    rmSync(join(rig.folder, 'renamed.zip'));
    assert.equal((await service.bundles())[0]?.file, 'missing');
    await service.removeBundle(bundle?.id ?? '');
    assert.deepEqual(await service.bundles(), []);
  });

  it('keeps the salt in the secret storage only, and only until the preview is over', async () => {
    const service = windowOf();
    const preview = await service.preview(request);
    assert.equal(secrets.size, 1);
    const { salt } = JSON.parse([...secrets.values()][0] ?? '{}') as { salt: string };
    assert.equal(salt.length, 64);
    const kept = join(rig.root, 'incidents', preview.previewId);
    assert.ok(existsSync(kept));
    laterMs = previewMs + 1;
    assert.deepEqual(await service.pins(), []);
    await assert.rejects(
      service.export({ previewId: preview.previewId, target: join(rig.folder, 'late.zip') }),
      (error) => isFailure(error, 'CONFLICT'),
    );
    await service.interrupted();
    assert.equal(secrets.size, 0);
    assert.ok(!existsSync(kept));
  });

  it('keeps what tokens mean when that was asked for, until the record is deleted', async () => {
    const service = windowOf();
    const preview = await service.preview({ ...request, keepMapping: true });
    const token = preview.redactions.find(({ kind }) => kind === 'key')?.examples[0];
    assert.ok(token);
    const job = await service.export({ previewId: preview.previewId, target: join(rig.folder, 'bundle.zip') });
    const { bundleId = '' } = await service.wait(job.id);
    assert.equal(await service.meaning(bundleId, token.after), token.before);
    assert.equal(await service.meaning(bundleId, 'key_0000000000000000'), undefined);
    await service.removeBundle(bundleId);
    assert.equal(await service.meaning(bundleId, token.after), undefined);
  });

  it('finds an export of a window that died interrupted, pins it, and goes on in another window', async () => {
    let release = (): void => undefined;
    const hanging = new Promise<never>((_, reject) => {
      release = () => reject(new TypeError('the window is gone'));
    });
    const dying = windowOf('dead', { work: { ...rig.work, export: () => hanging } });
    const preview = await dying.preview(request);
    const target = join(rig.folder, 'bundle.zip');
    const { id } = await dying.export({ previewId: preview.previewId, target });
    const other = windowOf('b', {}, ['dead']);
    laterMs = previewMs + 1;
    const [found] = await other.interrupted();
    assert.deepEqual([found?.id, found?.state], [id, 'interrupted']);
    assert.equal((await other.pins())[0]?.reason, 'bundleExport');
    await other.resume(id);
    const done = await other.wait(id);
    assert.equal(done.state, 'success');
    assert.ok(existsSync(target));
    await assert.rejects(other.resume(id), (error) => isFailure(error, 'CONFLICT'));
    release();
  });

  it('an interrupted export goes on, however many others came after it', async () => {
    let release = (): void => undefined;
    const hanging = new Promise<never>((_, reject) => {
      release = () => reject(new TypeError('the window is gone'));
    });
    const dying = windowOf('dead', { work: { ...rig.work, export: () => hanging } });
    const preview = await dying.preview(request);
    const { id } = await dying.export({ previewId: preview.previewId, target: join(rig.folder, 'bundle.zip') });
    const row = await rig.stores.incidents.export(id);
    assert.ok(row);
    const later = new Date(systemClock.wallMs() + 1000).toISOString();
    const others = Array.from({ length: 210 }, (_, n) => ({ ...row, id: `other-${n}`, createdAt: later }));
    for (const other of others) await rig.stores.incidents.saveExport({ ...other, state: 'success', stage: 'done' });
    const window = windowOf('b', {}, ['dead']);
    laterMs = previewMs + 1;
    assert.deepEqual(
      (await window.interrupted()).map((job) => job.id),
      [id],
    );
    assert.equal((await window.pins()).length, 1);
    await window.resume(id);
    assert.equal((await window.wait(id)).state, 'success');
    release();
  });

  it('two windows never write one bundle', async () => {
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = windowOf('a', {
      work: { ...rig.work, export: async (work, hooks) => (await waiting, rig.work.export(work, hooks)) },
    });
    const preview = await first.preview(request);
    const { id } = await first.export({ previewId: preview.previewId, target: join(rig.folder, 'bundle.zip') });
    const second = windowOf('b');
    assert.equal((await second.job(id)).state, 'running');
    await assert.rejects(second.resume(id), (error) => isFailure(error, 'CONFLICT'));
    await assert.rejects(second.cancel(id), (error) => isFailure(error, 'CONFLICT'));
    release();
    assert.equal((await second.wait(id)).state, 'success');
  });

  it('a cancelled export leaves nothing', async () => {
    const service = windowOf();
    const preview = await service.preview(request);
    const target = join(rig.folder, 'bundle.zip');
    const { id } = await service.export({ previewId: preview.previewId, target });
    await service.cancel(id);
    const job = await service.wait(id);
    assert.equal(job.state, 'cancelled');
    assert.deepEqual(readdirSync(rig.folder), []);
    assert.deepEqual(await service.bundles(), []);
  });

  it('a full disk interrupts, and giving it up removes what was written', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const { Failure } = await import('../../../src/domain/failure.ts');
    const failure = new Failure('INTERNAL_ERROR', 'The disk is full.', {
      details: { resumable: true, reason: full.code },
    });
    const service = windowOf('a', { work: { ...rig.work, export: () => Promise.reject(failure) } });
    const preview = await service.preview(request);
    const { id } = await service.export({ previewId: preview.previewId, target: join(rig.folder, 'bundle.zip') });
    const job = await service.wait(id);
    assert.deepEqual([job.state, job.error?.code], ['interrupted', 'INTERNAL_ERROR']);
    assert.equal((await service.cancel(id)).state, 'cancelled');
  });

  it('works without a keyring as long as the window is open, and says what is missing afterwards', async () => {
    const none = {
      get: () => Promise.reject(new Error('no keyring')),
      set: () => Promise.reject(new Error('no keyring')),
      delete: () => Promise.reject(new Error('no keyring')),
    };
    const service = windowOf('a', { secrets: none });
    const preview = await service.preview(request);
    const other = windowOf('b', { secrets: none });
    await assert.rejects(
      other.export({ previewId: preview.previewId, target: join(rig.folder, 'other.zip') }),
      (error) => isFailure(error, 'CONFLICT'),
    );
    const { id } = await service.export({ previewId: preview.previewId, target: join(rig.folder, 'bundle.zip') });
    assert.equal((await service.wait(id)).state, 'success');
  });

  const wrong: readonly (readonly [string, Partial<IncidentRequest>])[] = [
    ['to', { to: request.from }],
    ['to', { to: '2025-01-01T00:00:00.000Z' }],
    ['from', { from: 'yesterday' }],
    ['from', { from: '2999-01-01T00:00:00.000Z', to: '2999-01-02T00:00:00.000Z' }],
    ['includes', { includes: [] }],
    ['connectionIds', { connectionIds: [] }],
    ['connectionIds', { connectionIds: ['nobody'] }],
    ['redactionProfile', { redactionProfile: 'none' as never }],
  ];
  for (const [field, change] of wrong) {
    it(`refuses ${JSON.stringify(change)} and names ${field}`, async () => {
      await assert.rejects(
        windowOf().preview({ ...request, ...change }),
        (error) => isFailure(error, 'VALIDATION_ERROR') && error.details?.path === field,
      );
      assert.deepEqual(await rig.stores.incidents.previews(), []);
    });
  }
});
