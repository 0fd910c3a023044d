// Packs, assignments and decisions in the real store on disk, as another window would find them.
import assert from 'node:assert/strict';
import { readable } from '../../../src/app/governance/holdingPacks.ts';
import type { Stores } from '../../../src/app/ports/stores.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import type { RecordedDecision } from '../../../src/domain/governance/decision.ts';
import type { PackContent } from '../../../src/domain/governance/pack.ts';
import { ownFolder, removeFolder } from '../../support/processes.ts';
import { storesIn } from '../../support/storesIn.ts';

const at = '2026-11-22T10:00:00.000Z';
const content: PackContent = {
  name: 'Prod',
  description: 'Ask the owner',
  environments: ['prod', 'staging'],
  maxWorkflowItems: 100,
  maxRetryAttempts: 2,
  schedulingEnabled: true,
  executionWindows: [{ id: 'w1', weekdays: ['mon'], startTime: '22:00', endTime: '24:00', timezone: 'UTC' }],
  enabled: true,
};

function pack(id: string, version = 1, changes: Partial<PackContent> = {}) {
  return { id, version, createdAt: at, updatedAt: at, removedAt: null, content: { ...content, ...changes } };
}

function decision(id: string, changes: Partial<RecordedDecision> = {}): RecordedDecision {
  return {
    id,
    connectionId: 'c1',
    environment: 'prod',
    action: 'keys.remove',
    items: 1,
    allowed: false,
    violations: [{ packId: 'a', packName: 'Prod', rule: 'executionWindows', message: 'Its window is closed.' }],
    packs: [{ id: 'a', version: 1 }],
    nextOpening: '2026-11-23T22:00:00.000Z',
    windowId: 'w1',
    at,
    ...changes,
  };
}

describe('the store of governance', function () {
  this.timeout(60_000);
  let directory: string;
  let stores: Stores;

  beforeEach(async () => {
    directory = ownFolder('cachify-governance-store-');
    stores = await storesIn(directory);
  });
  afterEach(async () => {
    await stores.close();
    removeFolder(directory);
  });
  const again = async (): Promise<void> => {
    await stores.close();
    stores = await storesIn(directory);
  };

  it('gives packs back exactly, also after a restart', async () => {
    await stores.governance.savePacks([pack('a')]);
    await again();
    const [stored] = await stores.governance.packs();
    assert.ok(stored !== undefined);
    assert.deepEqual(readable(stored), { id: 'a', content });
  });

  it('keeps every version, and takes only the next one', async () => {
    await stores.governance.savePacks([pack('a')]);
    await stores.governance.savePacks([pack('a', 2, { name: 'Prod, stricter' })]);
    for (const version of [1, 2, 4])
      await assert.rejects(stores.governance.savePacks([pack('a', version)]), (error) => isFailure(error, 'CONFLICT'));
    const [stored] = await stores.governance.packs();
    assert.deepEqual([stored?.version, stored?.content.name], [2, 'Prod, stricter']);
    const versions = await stores.governance.versions('a');
    assert.deepEqual(
      versions.map(({ version }) => version),
      [2, 1],
    );
    assert.deepEqual(versions[1]?.content, content);
  });

  it('saves several or none', async () => {
    await assert.rejects(stores.governance.savePacks([pack('a'), pack('b', 7)]));
    assert.deepEqual(await stores.governance.packs(), []);
  });

  it('several packs hold on a connection; a removed one holds nowhere and stays readable', async () => {
    await stores.governance.savePacks([pack('a'), pack('b', 1, { name: 'Another' })]);
    await stores.governance.assign('c1', ['a', 'b'], at);
    await stores.governance.assign('c2', ['a'], at);
    await stores.governance.record([decision('d1')]);
    assert.deepEqual(await stores.governance.assignments(), [
      { connectionId: 'c1', packIds: ['b', 'a'] },
      { connectionId: 'c2', packIds: ['a'] },
    ]);
    assert.equal(await stores.governance.removePack('a', at), true);
    assert.equal(await stores.governance.removePack('a', at), false);
    await again();
    assert.deepEqual(await stores.governance.assignments(), [{ connectionId: 'c1', packIds: ['b'] }]);
    assert.equal((await stores.governance.packs()).find(({ id }) => id === 'a')?.removedAt, at);
    assert.deepEqual(await stores.governance.decisions({ limit: 10 }), [decision('d1')]);
  });

  it('says what holds and how late the last decision was', async () => {
    assert.deepEqual(await stores.governance.holding('c1'), { packs: [], lastDecisionAt: null });
    await stores.governance.savePacks([pack('a')]);
    await stores.governance.assign('c1', ['a'], at);
    await stores.governance.record([decision('d1'), decision('d2', { at: '2026-11-22T09:00:00.000Z' })]);
    const { packs, lastDecisionAt } = await stores.governance.holding('c1');
    assert.deepEqual([packs.map(({ id }) => id), lastDecisionAt], [['a'], at]);
  });

  it('finds decisions by connection, run and half-open window, newest first', async () => {
    const minutes = (n: number): string => new Date(Date.parse(at) + n * 60_000).toISOString();
    await stores.governance.record([
      decision('d1', { runId: 'r1' }),
      decision('d2', { at: minutes(1), connectionId: 'c2', allowed: true, violations: [] }),
      decision('d3', { at: minutes(2), runId: 'r1' }),
    ]);
    const ids = async (query: Omit<Parameters<Stores['governance']['decisions']>[0], 'limit'>): Promise<string[]> =>
      (await stores.governance.decisions({ ...query, limit: 10 })).map(({ id }) => id);
    assert.deepEqual(await ids({}), ['d3', 'd2', 'd1']);
    assert.deepEqual(await ids({ connectionId: 'c2' }), ['d2']);
    assert.deepEqual(await ids({ runId: 'r1' }), ['d3', 'd1']);
    assert.deepEqual(await ids({ from: at, to: minutes(2) }), ['d2', 'd1']);
    assert.equal((await stores.governance.decisions({ limit: 1 })).length, 1);
  });

  it('keeps tens of thousands of decisions, not all for ever', async () => {
    for (let part = 0; part < 11; part++) {
      await stores.governance.record(Array.from({ length: 5000 }, (_, n) => decision(`d${part}-${n}`)));
    }
    const kept = (await stores.governance.decisions({ limit: 100_000 })).length;
    assert.ok(kept <= 51_000 && kept >= 45_000, `${kept} are kept`);
  });

  it('a pack that another program wrote wrongly is unreadable, never half a rule', async () => {
    const wrong = pack('a', 1, { maxWorkflowItems: 0 });
    await stores.governance.savePacks([wrong]);
    const [stored] = await stores.governance.packs();
    assert.ok(stored !== undefined);
    const read = readable(stored);
    assert.ok('problem' in read && read.problem.includes('whole number'));
  });
});
