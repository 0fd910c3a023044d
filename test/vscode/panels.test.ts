import assert from 'node:assert/strict';
import { commands, TabInputWebview, window, type Tab } from 'vscode';
import type { CachifyApi } from '../../src/api.ts';
import { panelTypes } from '../../src/ui/contributions.ts';
import { waitFor } from '../support/waiting.ts';
import { connectedApi } from './support/product.ts';

function panels(): Tab[] {
  return window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof TabInputWebview && tab.input.viewType.includes(panelTypes.observability));
}

describe('panels', () => {
  let api: CachifyApi;
  const id = 'panels-test';

  before(async () => {
    api = await connectedApi(id, 'Panels');
  });
  after(async () => {
    await window.tabGroups.close(panels());
    await api.connections.remove(id);
  });

  const window24h = (): { from: string; to: string } => ({
    from: new Date(Date.now() - 24 * 3600_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  });

  it('open once, however often they are asked for, and close', async () => {
    await commands.executeCommand('cachify.observability.open');
    await commands.executeCommand('cachify.observability.openTimeline');
    await waitFor('the panel', 10_000, () => panels().length === 1);
    assert.equal(panels()[0]?.label, 'Observability');
    await window.tabGroups.close(panels());
    await waitFor('no panel', 10_000, () => panels().length === 0);
    await commands.executeCommand('cachify.observability.open');
    await waitFor('the panel again', 10_000, () => panels().length === 1);
  });

  it('take a link to each of their tabs', async () => {
    await window.tabGroups.close(panels());
    const { from, to } = window24h();
    for (const tab of ['', 'Timeline', 'Keyspace', 'Failures', 'Compare', 'SlowOperations']) {
      await commands.executeCommand(`cachify.observability.open${tab}`, { from, to, connectionIds: [id], text: 'x' });
    }
    await waitFor('the panel', 10_000, () => panels().length === 1);
  });

  it('show the same as the API: a sample that was taken is in the Overview', async () => {
    const sample = await api.observability.sampleNow(id);
    assert.equal(sample.connectionId, id);
    assert.ok((sample.usedMemoryBytes ?? 0) > 0);
    const { health } = await api.observability.overview({ ...window24h(), connectionIds: [id] });
    assert.equal(health[0]?.usedMemoryBytes, sample.usedMemoryBytes);
    assert.equal(health[0]?.state, 'ready');
  });

  it('show the same as the API: an operation is in the Timeline', async () => {
    await api.keys.write({ connectionId: id, key: '<b>', type: 'string', value: 'v' });
    const { events } = await api.observability.timeline({ ...window24h(), connectionIds: [id], text: '<b>' });
    assert.deepEqual(
      events.map((event) => [event.connectionId, event.action, event.keyOrPattern, event.status]),
      [[id, 'keys.write', '<b>', 'success']],
    );
    assert.doesNotMatch(JSON.stringify(events), /"v"/);
  });

  it('give a plain result to whoever calls the command with an argument', async () => {
    const page = await commands.executeCommand<{ total: number }>('cachify.observability.timeline', {
      ...window24h(),
      connectionIds: [id],
      limit: 1,
    });
    assert.ok(page.total >= 1);
  });
});
