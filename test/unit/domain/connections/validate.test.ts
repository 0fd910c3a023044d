import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ConnectionDefinition } from '../../../../src/domain/connections/definition.ts';
import { problemLines, validateConnection } from '../../../../src/domain/connections/validate.ts';

const place = { uid: 'u', scope: 'user' } as const;
const base = { id: 'shop', name: 'Shop', host: 'localhost' };

function definitionOf(entry: unknown): ConnectionDefinition {
  const result = validateConnection(entry, place);
  assert.ok(result.ok, result.ok ? '' : problemLines(result.problems).join(' '));
  return result.definition;
}

function problemsOf(entry: unknown): readonly { readonly path: string; readonly rule: string }[] {
  const result = validateConnection(entry, place);
  assert.ok(!result.ok, 'the entry was accepted');
  return result.problems;
}

describe('validateConnection', () => {
  it('fills in the defaults', () => {
    assert.deepEqual(definitionOf({ ...base, environment: 'dev' }), {
      uid: 'u',
      id: 'shop',
      name: 'Shop',
      scope: 'user',
      host: 'localhost',
      port: 6379,
      db: 0,
      tls: { enabled: false, rejectUnauthorized: true },
      environment: 'dev',
      tags: [],
      readOnly: false,
      timeoutMs: 5000,
      retry: { maxAttempts: 0, backoffMs: 250, strategy: 'fixed', abortOnErrorRate: 1 },
      delimiter: ':',
      secret: 'stored',
      undo: true,
    });
  });

  it('is read-only on prod and where nobody said what it is', () => {
    assert.equal(definitionOf({ ...base, environment: 'prod' }).readOnly, true);
    assert.equal(definitionOf(base).readOnly, true);
    assert.equal(definitionOf(base).environment, 'unknown');
    assert.equal(definitionOf({ ...base, environment: 'staging' }).readOnly, false);
    assert.equal(definitionOf({ ...base, environment: 'prod', readOnly: false }).readOnly, false);
  });

  const urls: [string, Partial<ConnectionDefinition>][] = [
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://DB.Example:6380/3', { host: 'db.example', port: 6380, db: 3 }],
    ['rediss://app@db:6380', { host: 'db', username: 'app' }],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }],
    ['redis://h?db=2', { db: 2 }],
    ['unix:///run/redis.sock?db=1', { socketPath: '/run/redis.sock', db: 1 }],
    ['redis://a%40b@h', { username: 'a@b' }],
  ];
  for (const [url, expected] of urls) {
    it(`reads ${url}`, () => {
      const definition = definitionOf({ id: 'a', name: 'A', url });
      for (const [field, value] of Object.entries(expected)) {
        assert.deepEqual(definition[field as keyof ConnectionDefinition], value, field);
      }
      assert.equal(definition.tls.enabled, url.startsWith('rediss'));
    });
  }

  it('takes TLS as wanted when an option of it is named', () => {
    assert.equal(definitionOf({ ...base, tls: { servername: 'db.example' } }).tls.enabled, true);
    assert.equal(definitionOf({ ...base, tls: { enabled: false } }).tls.enabled, false);
  });

  it('takes host and port from the first node of a Sentinel or Cluster', () => {
    const sentinel = { name: 'mymaster', nodes: ['s1:26379', 's2:26379'] };
    assert.equal(definitionOf({ id: 'a', name: 'A', sentinel }).host, 's1');
    assert.equal(definitionOf({ id: 'a', name: 'A', cluster: { nodes: ['[::1]:7000'] } }).host, '::1');
  });

  const wrong: [string, unknown, string, RegExp][] = [
    ['no object', 'redis://localhost', '', /object/],
    ['a list', [], '', /object/],
    ['null', null, '', /object/],
    ['no id', { name: 'A', host: 'h' }, 'id', /missing/],
    ['no name', { id: 'a', host: 'h' }, 'name', /missing/],
    ['nowhere to go', { id: 'a', name: 'A' }, 'host', /missing/],
    ['an unknown field', { ...base, hots: 'x' }, 'hots', /not a field/],
    ['an unknown field of tls', { ...base, tls: { caFle: 'x' } }, 'tls.caFle', /not a field/],
    ['a password', { ...base, password: 'x' }, 'password', /must not stand in settings/],
    ['a password in the URL', { id: 'a', name: 'A', url: 'redis://u:p@h' }, 'url', /password/],
    ['two destinations', { ...base, url: 'redis://h' }, 'host', /must not stand beside url/],
    ['port beside url', { id: 'a', name: 'A', url: 'redis://h', port: 1 }, 'port', /beside url/],
    ['a foreign scheme', { id: 'a', name: 'A', url: 'http://h' }, 'url', /redis:\/\//],
    ['options in the URL', { id: 'a', name: 'A', url: 'redis://h?x=1' }, 'url', /db=NUMBER/],
    ['a URL port out of range', { id: 'a', name: 'A', url: 'redis://h:70000' }, 'url', /port/],
    ['a URL without host', { id: 'a', name: 'A', url: 'redis://' }, 'url', /host/],
    ['another db than in the URL', { id: 'a', name: 'A', url: 'redis://h/1', db: 2 }, 'db', /differ/],
    ['rediss without TLS', { id: 'a', name: 'A', url: 'rediss://h', tls: { enabled: false } }, 'tls.enabled', /rediss/],
    ['port 0', { ...base, port: 0 }, 'port', /1 to 65535/],
    ['port as text', { ...base, port: '6379' }, 'port', /number/],
    ['NaN', { ...base, timeoutMs: Number.NaN }, 'timeoutMs', /whole number/],
    ['a negative db', { ...base, db: -1 }, 'db', /whole number/],
    ['half a database', { ...base, db: 0.5 }, 'db', /whole number/],
    ['infinite retries', { ...base, retry: { maxAttempts: Infinity } }, 'retry.maxAttempts', /0 to 10/],
    ['a rate over 1', { ...base, retry: { abortOnErrorRate: 2 } }, 'retry.abortOnErrorRate', /0 to 1/],
    ['an id with a slash', { ...base, id: '../x' }, 'id', /letter or digit/],
    ['__proto__ as id', { ...base, id: '__proto__' }, 'id', /letter or digit/],
    [
      '__proto__ as field',
      JSON.parse('{"id":"a","name":"A","host":"h","__proto__":{"readOnly":false}}'),
      '__proto__',
      /not a field/,
    ],
    ['a direction mark in the host', { ...base, host: '127.0.0.1\u202e' }, 'host', /invisible/],
    ['CR and LF in the host', { ...base, host: 'h\r\nAUTH x' }, 'host', /line breaks/],
    ['a look-alike host', { ...base, host: 'r\u0435dis.example' }, 'host', /punycode/],
    ['a host with a port', { ...base, host: 'h:6379' }, 'host', /without a port/],
    ['an invisible name', { ...base, name: 'a\u200bb' }, 'name', /invisible/],
    ['a relative socket', { id: 'a', name: 'A', socketPath: 'x.sock' }, 'socketPath', /absolute/],
    ['TLS on a socket', { id: 'a', name: 'A', socketPath: '/x', tls: {} }, 'tls', /Unix socket/],
    ['a certificate without its key', { ...base, tls: { certFile: 'c.pem' } }, 'tls.keyFile', /go together/],
    ['a node without port', { id: 'a', name: 'A', cluster: { nodes: ['h'] } }, 'cluster.nodes[0]', /host:port/],
    ['db on a cluster', { id: 'a', name: 'A', cluster: { nodes: ['h:1'] }, db: 1 }, 'db', /cluster/],
    ['an option as ssh host', { ...base, ssh: { host: '-oProxyCommand=x' } }, 'ssh.host', /begin with -/],
    ['an unknown environment', { ...base, environment: 'unknown' }, 'environment', /dev, staging, prod/],
    ['an empty secret command', { ...base, secret: { command: [] } }, 'secret.command', /1 to 64/],
    ['a secret in plain text', { ...base, secret: 'hunter2' }, 'secret', /stored/],
    ['a secret with two sources', { ...base, secret: { env: 'A', command: ['x'] } }, 'secret.command', /not a field/],
  ];
  for (const [what, entry, path, rule] of wrong) {
    it(`refuses ${what} and names ${path || 'the entry'}`, () => {
      const problems = problemsOf(entry);
      const named = problems.find((problem) => problem.path === path);
      assert.ok(named, `problems: ${JSON.stringify(problems)}`);
      assert.match(named.rule, rule);
    });
  }

  it('never repeats what stands in the entry: it may be a secret', () => {
    for (const entry of [
      { id: 'a', name: 'A', url: 'redis://u:S3CR3T@h' },
      { id: 'a', name: 'A', url: 'redis://u:S3CR3T%@h' },
      { ...base, secret: 'S3CR3T' },
      { ...base, password: 'S3CR3T' },
      { ...base, secret: { env: 'S3CR3T!' } },
      { ...base, ['S3CR3T x'.repeat(9)]: 1 },
    ]) {
      assert.doesNotMatch(JSON.stringify(problemsOf(entry)), /S3CR3T/);
    }
  });

  /** Milliseconds of the fastest of five runs: what the work takes, whatever else the machine does. */
  function fastest(work: () => unknown): number {
    let best = Infinity;
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      work();
      best = Math.min(best, performance.now() - start);
    }
    return best;
  }

  const growing: Readonly<Record<string, (size: number) => unknown>> = {
    'a name': (size) => ({ ...base, name: 'x'.repeat(size) }),
    'a URL': (size) => ({ id: 'a', name: 'A', url: `redis://${'a.'.repeat(size / 2)}` }),
    'a host': (size) => ({ ...base, host: 'a-'.repeat(size / 2) }),
    'unknown fields': (size) => ({
      ...base,
      ...Object.fromEntries(Array.from({ length: size / 50 }, (_, at) => [`f${at}`, at])),
    }),
    'a list of nodes': (size) => ({ id: 'a', name: 'A', cluster: { nodes: Array(size / 10).fill('x') } }),
  };
  for (const [what, make] of Object.entries(growing)) {
    it(`takes no more than in proportion for 10 MB than for 100 KB, and says little: ${what}`, () => {
      const [small, large] = [make(100_000), make(10_000_000)];
      assert.ok(problemsOf(large).length <= 20);
      const [short, long] = [fastest(() => problemsOf(small)), fastest(() => problemsOf(large))];
      // 100 times as much, which caches of a busy machine may make some times longer. Work that grows with the square of its
      // input would take 10,000 times as long.
      assert.ok(long <= 1500 * Math.max(short, 0.05), `${long} ms after ${short} ms`);
    });
  }

  it('looks at no more of a list than it may hold', () => {
    let looks = 0;
    const nodes = new Proxy(Array<string>(1_000_000).fill('x'), {
      get(list, property, receiver) {
        looks += 1;
        return Reflect.get(list, property, receiver) as unknown;
      },
    });
    assert.ok(problemsOf({ id: 'a', name: 'A', cluster: { nodes } }).length > 0);
    assert.ok(looks < 1000, `${looks} looks`);
  });

  it('is total, and changes no prototype', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (any, some) => {
        validateConnection(any, place);
        validateConnection({ ...base, ...some }, place);
        validateConnection({ ...base, tls: any, sentinel: some, cluster: any, secret: some }, place);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        validateConnection({ id: 'a', name: 'A', url: `redis://${text}` }, place);
        validateConnection({ id: text, name: text, host: text }, place);
      }),
    );
    assert.equal(Object.getOwnPropertyNames(Object.prototype).length, before);
  });
});
