import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Notice } from '../../../../src/adapters/store/messages.ts';
import { StoreWorker } from '../../../../src/adapters/store/storeWorker.ts';
import type { Clock } from '../../../../src/app/ports/clock.ts';
import { isFailure } from '../../../../src/domain/failure.ts';

/** A worker that answers every call but the ones that ask for trouble. */
const script = `
const { parentPort } = require('node:worker_threads');
let calls = 0;
parentPort.on('message', (message) => {
  if (message.close) process.exit(0);
  calls++;
  const [wish] = message.args;
  if (wish === 'die') process.exit(1);
  if (wish === 'throw') throw new Error('boom');
  if (wish === 'hang') for (;;);
  if (wish === 'renew') setInterval(() => parentPort.postMessage({ kind: 'wantsRenewal' }), 1);
  if (wish === 'renewNow') parentPort.postMessage({ kind: 'wantsRenewal' });
  parentPort.postMessage({ kind: 'answer', id: message.id, value: calls });
});
`;

describe('store worker', function () {
  this.timeout(120_000);
  let folder: string;
  let notices: Notice[];
  let elapse: (() => void)[];
  let worker: StoreWorker;

  const clock: Clock = {
    wallMs: () => 0,
    monoMs: () => 0,
    after(_, run) {
      elapse.push(run);
      return { dispose: () => void (elapse = elapse.filter((one) => one !== run)) };
    },
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cachify-worker-'));
    const workerPath = join(folder, 'worker.cjs');
    writeFileSync(workerPath, script);
    notices = [];
    elapse = [];
    const onNotice = (notice: Notice): void => void notices.push(notice);
    worker = new StoreWorker({ workerPath, directory: '', wasmPath: '', migrationsDirectory: '', clock, onNotice });
  });
  afterEach(async () => {
    await worker.close();
    rmSync(folder, { recursive: true });
  });

  const isUnknown = (error: unknown): boolean => isFailure(error, 'OUTCOME_UNKNOWN') && error.retryable;

  for (const wish of ['die', 'throw']) {
    it(`that dies (${wish}) rejects every waiting call with a failure, and the next call finds a new one`, async () => {
      assert.equal(await worker.call('snapshots.usedBytes', 'a'), 1);
      const waiting = [worker.call('snapshots.usedBytes', wish), worker.call('snapshots.usedBytes', 'b')];
      for (const call of waiting) await assert.rejects(call, isUnknown);
      assert.equal(notices[0]?.kind, 'health');
      assert.equal(await worker.call('snapshots.usedBytes', 'c'), 1);
    });
  }

  it('that hangs is ended when its time is over, and its calls reject', async () => {
    const call = worker.call('snapshots.usedBytes', 'hang');
    for (const run of elapse) run();
    await assert.rejects(call, isUnknown);
    assert.equal(await worker.call('snapshots.usedBytes', 'again'), 1);
  });

  it('that dies again and again rests', async () => {
    for (let i = 0; i < 5; i++) await assert.rejects(worker.call('snapshots.usedBytes', 'die'), isUnknown);
    await assert.rejects(worker.call('snapshots.usedBytes', 'die'), (error) => isFailure(error, 'INTERNAL_ERROR'));
  });

  it('that wants renewal gives its place to a fresh one, and no call notices', async () => {
    assert.equal(await worker.call('snapshots.usedBytes', 'renew'), 1);
    let answer = 2;
    for (let asked = 1; answer !== 1; asked++) {
      assert.ok(asked < 10_000, 'a fresh worker counts from one again');
      answer = await worker.call('snapshots.usedBytes', 'a');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const changed = (['control', 'history'] as const).map((store) => ({ kind: 'changed', store }));
    assert.deepEqual(notices, changed, 'what was written meanwhile was told by neither');
    await worker.call('snapshots.usedBytes', 'renew');
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(await worker.call('snapshots.usedBytes', 'b'), 3, 'not twice within a minute');
  });

  it('that wants renewal while a call waits stays', async () => {
    assert.equal(await worker.call('snapshots.usedBytes', 'renewNow'), 1);
    assert.equal(await worker.call('snapshots.usedBytes', 'a'), 2);
  });

  it('takes no calls after it was closed', async () => {
    await worker.close();
    await assert.rejects(worker.call('connections.list'), (error) => isFailure(error, 'CANCELLED'));
  });
});
