// What a bundle says of a real server, of what we did there, and of ourselves.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { diagnosedServer, plantedSecret, type DiagnosedServer } from '../../support/diagnosedServer.ts';

type Fields = Record<string, unknown>;

function textOf(zip: string, member: string): string {
  return execFileSync('unzip', ['-p', zip, member], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function linesOf(zip: string, member: string): Fields[] {
  return textOf(zip, member)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Fields);
}

describe('the diagnostics in a bundle', function () {
  this.timeout(120_000);
  let server: DiagnosedServer;
  let bundle: string;
  let records: Fields[];
  const of = (record: string): Fields[] => records.filter((one) => one['record'] === record);

  before(async () => {
    server = await diagnosedServer();
    bundle = await server.bundle('default');
    records = linesOf(bundle, 'diagnostics.jsonl');
  });
  after(() => server.close());

  it('name versions: of the product, of VS Code, of the server', () => {
    const [app] = of('app');
    assert.deepEqual([app?.['version'], app?.['vscode'], app?.['node']], ['1.2.3', '1.103.0', process.versions.node]);
    const [connection] = of('connection');
    assert.match(String(connection?.['serverVersion']), /^\d+\.\d+\.\d+$/);
    assert.deepEqual(
      [connection?.['mode'], connection?.['role'], connection?.['name']],
      ['standalone', 'master', 'Shop prod'],
    );
  });

  it('name what the user may do', () => {
    const capabilities = of('connection')[0]?.['capabilities'] as Record<string, Fields>;
    for (const name of ['info', 'config', 'slowlog', 'scan'])
      assert.equal(capabilities[name]?.['available'], true, name);
  });

  it('hold INFO by an allow-list: figures, no paths, addresses, ids', () => {
    const [info] = of('info');
    const fields = info?.['fields'] as Fields;
    assert.equal(fields['maxmemory'], String(64 << 20));
    assert.equal(fields['maxmemory_policy'], 'allkeys-lru');
    assert.ok(Number(fields['used_memory']) > 100_000);
    for (const name of ['executable', 'config_file', 'run_id', 'tcp_port', 'os', 'process_id', 'master_replid']) {
      assert.ok(!(name in fields), name);
    }
    assert.deepEqual(
      of('keyspace').map(({ db, keys }) => [db, keys]),
      [[0, 2]],
    );
    assert.ok(of('commandStats').some(({ command, calls }) => command === 'set' && Number(calls) >= 41));
  });

  it('hold the slow log, without arguments', () => {
    const slow = of('slowlog');
    assert.ok(slow.some(({ command }) => String(command).toLowerCase() === 'set'));
    assert.ok(slow.every(({ at, durationMs }) => Number.isFinite(Date.parse(String(at))) && Number(durationMs) >= 0));
    assert.ok(!JSON.stringify(slow).includes('EX 3600'));
  });

  it('hold latency spikes', () => {
    const [spike] = of('latency').filter(({ event }) => event === 'command');
    assert.ok(Number(spike?.['durationMs']) >= 29, JSON.stringify(of('latency')));
  });

  it('hold the settings that are not as delivered, and no other', () => {
    const settings = new Map(of('config').map(({ name, value, usual }) => [name, [value, usual]]));
    assert.deepEqual(settings.get('maxmemory-policy'), ['allkeys-lru', 'noeviction']);
    assert.deepEqual(settings.get('hz'), ['20', '10']);
    assert.deepEqual(settings.get('slowlog-log-slower-than'), ['0', '10000']);
    for (const name of ['masterauth', 'requirepass', 'dir', 'appendfsync', 'port'])
      assert.ok(!settings.has(name), name);
  });

  it('hold policy packs, a team’s in settings too, and what they decided', () => {
    assert.deepEqual(
      of('pack').map(({ name, maxWorkflowItems, connections }) => [name, maxWorkflowItems, connections]),
      [
        ['Nights only', 1000, ['test']],
        ['Team limits', 5000, ['test']],
      ],
    );
    const refused = linesOf(bundle, 'decisions.jsonl').find(({ allowed }) => allowed === false);
    assert.match(JSON.stringify(refused?.['violations']), /Nights only/);
  });

  it('hold the rules and how each stands', () => {
    const alerts = JSON.parse(textOf(bundle, 'alerts.json')) as Record<'rules' | 'states', Fields[]>;
    assert.ok(alerts.rules.length >= 5);
    assert.ok(alerts.states.length > 0);
    const ids = new Set(alerts.rules.map(({ id }) => id));
    for (const { ruleId, connection, state, since } of alerts.states) {
      assert.ok(ids.has(ruleId), String(ruleId));
      assert.equal(connection, 'test');
      assert.match(String(state), /^[a-zA-Z]+$/);
      assert.ok(Number.isFinite(Date.parse(String(since))));
    }
  });

  it('hold the attempts of every run', () => {
    const runs = linesOf(bundle, 'workflows.jsonl');
    const done = runs.find(({ state }) => state === 'completed');
    assert.ok(done);
    const [attempt] = done['attempts'] as Fields[];
    assert.equal(attempt?.['done'], 40);
    assert.ok(Number.isFinite(Date.parse(String(attempt?.['startedAt']))));
    assert.ok((done['happenings'] as Fields[]).length > 0);
  });

  it('hold how much of the range was watched, and our own errors', () => {
    const [coverage] = of('coverage');
    assert.equal(typeof coverage?.['coverage'], 'number');
    assert.ok(Object.keys(coverage?.['operations'] as Fields).length > 0);
    const [own] = linesOf(bundle, 'logs.jsonl');
    assert.deepEqual(
      [own?.['level'], own?.['event'], own?.['code']],
      ['error', 'timeline not written', 'INTERNAL_ERROR'],
    );
  });

  it('hold no secret, and show the same in the page', () => {
    for (const member of ['diagnostics.jsonl', 'timeline.jsonl', 'workflows.jsonl', 'logs.jsonl', 'index.html']) {
      assert.ok(!textOf(bundle, member).includes(plantedSecret), member);
    }
    const page = /<script type="application\/json" id="data">(.*)<\/script>/.exec(textOf(bundle, 'index.html'))?.[1];
    const data = JSON.parse(page ?? '{}') as Record<'diagnostics' | 'logs', Fields[]>;
    assert.deepEqual(data.diagnostics, records);
    assert.equal(data.logs.length, 1);
  });

  it('name nothing of the user in the strict profile', async () => {
    const strict = await server.bundle('strict');
    const text = ['diagnostics.jsonl', 'workflows.jsonl', 'index.html']
      .map((member) => textOf(strict, member))
      .join('');
    for (const name of ['Shop prod', 'Nights only', 'Team limits', 'tmp:', 'user:42', '127.0.0.1'])
      assert.ok(!text.includes(name), name);
    const settings = linesOf(strict, 'diagnostics.jsonl').filter(({ record }) => record === 'config');
    assert.ok(settings.some(({ name, value }) => name === 'maxmemory-policy' && value === 'allkeys-lru'));
  });

  it('say what the user was not allowed to ask', async () => {
    await server.limitUser();
    records = linesOf(await server.bundle('default'), 'diagnostics.jsonl');
    const denied = of('problem').map(({ what, code }) => [what, code]);
    assert.deepEqual(denied, [
      ['SLOWLOG', 'UNAUTHORIZED'],
      ['LATENCY', 'UNAUTHORIZED'],
      ['CONFIG', 'UNAUTHORIZED'],
    ]);
    assert.deepEqual([of('config'), of('slowlog'), of('latency')], [[], [], []]);
    assert.equal(of('info').length, 1);
    const capabilities = of('connection')[0]?.['capabilities'] as Record<string, Fields>;
    assert.equal(capabilities['config']?.['available'], false);
  });
});
