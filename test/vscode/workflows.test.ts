// Workflows through the API of the activated extension, and through its commands with plain arguments.
import assert from 'node:assert/strict';
import { commands } from 'vscode';
import type { CachifyApi } from '../../src/api.ts';
import { connectedApi, redisCli as redis } from './support/product.ts';

const connectionId = 'workflows-test';

describe('workflows in the extension host', () => {
  let api: CachifyApi;

  before(async () => {
    api = await connectedApi(connectionId, 'Workflows test');
    redis('eval', "for i=1,300 do redis.call('HSET','wf:'..i,'f',i) end return 1", '0');
  });
  after(() => api.connections.remove(connectionId));

  it('plans, runs and undoes', async () => {
    const plan = await api.workflows.plan({ connectionId, kind: 'deleteByPattern', parameters: { pattern: 'wf:*' } });
    assert.equal(plan.count, 300);
    await api.workflows.start({ runId: plan.runId });
    const run = await api.workflows.wait(plan.runId);
    assert.equal(run.state, 'completed', JSON.stringify(run.error));
    assert.equal(redis('exists', 'wf:7'), '0');
    assert.ok(run.checkpointToken?.startsWith(`cr1.${plan.runId}.`));
    assert.deepEqual(await api.workflows.undo({ runId: plan.runId }), { restored: 300, conflicts: 0 });
    assert.equal(redis('hget', 'wf:7', 'f'), '7');
    const { events } = await api.observability.timeline({
      from: plan.plannedAt,
      to: new Date(Date.now() + 60_000).toISOString(),
      actions: ['workflows.start'],
    });
    assert.ok(events.some(({ runId, status }) => runId === plan.runId && status === 'success'));
  });

  it('answers its commands with plain objects, and refuses unknown fields by name', async () => {
    const argument = {
      connectionId,
      kind: 'ttlNormalize',
      parameters: { pattern: 'wf:*', ttlSeconds: 600, mode: 'missing' },
    };
    const plan = await commands.executeCommand<{ runId: string; count: number }>('cachify.workflows.plan', argument);
    assert.equal(plan.count, 300);
    await commands.executeCommand('cachify.workflows.start', { runId: plan.runId });
    const run = await commands.executeCommand<{ state: string }>('cachify.workflows.wait', { runId: plan.runId });
    assert.equal(run.state, 'completed');
    assert.ok(Number(redis('ttl', 'wf:7')) > 500);
    await assert.rejects(
      api.workflows.plan({ connectionId, kind: 'deleteByPattern', parameters: { pattern: 'wf:*', fast: true } }),
      (error) => error instanceof Error && Reflect.get(error, 'code') === 'VALIDATION_ERROR',
    );
  });

  it('keeps own templates, and protects the built-in ones', async () => {
    const entries = [{ key: 'home', value: 'hello', ttlSeconds: 60 }];
    const saved = await api.workflows.saveTemplate({ name: 'Home page', kind: 'warmupSet', parameters: { entries } });
    const found = (await api.workflows.templates()).find(({ id }) => id === saved.id);
    assert.deepEqual(found?.parameters, { entries });
    const plan = await api.workflows.plan({ connectionId, templateId: saved.id });
    assert.equal(plan.count, 1);
    await api.workflows.removeTemplate(saved.id);
    const builtIn = (await api.workflows.templates()).find((template) => template.builtIn);
    await assert.rejects(api.workflows.removeTemplate(builtIn?.id ?? ''));
  });
});
