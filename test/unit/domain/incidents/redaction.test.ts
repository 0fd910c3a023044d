import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { LeakGate } from '../../../../src/domain/incidents/leakGate.ts';
import { ManyTexts } from '../../../../src/domain/incidents/manyTexts.ts';
import { Redactor, type RedactorOptions } from '../../../../src/domain/incidents/redactor.ts';
import { removed, scrubCredentials } from '../../../../src/domain/incidents/scrub.ts';
import { allowed } from '../../../../src/domain/incidents/shapes.ts';
import { plantedSecrets, writers } from './plantedSecrets.ts';

function redactor(options: Partial<RedactorOptions> = {}, salt = 'salt'): Redactor {
  return new Redactor({
    profile: 'default',
    secrets: [],
    hmac: (text) => createHmac('sha256', salt).update(text).digest('hex'),
    ...options,
  });
}

/** What stays the same of a written secret wherever it stands: without the quotes and neighbours that the writer added. */
function core(name: string, secret: string, written: string): string {
  if (name.startsWith('json')) return written.slice(1, -1);
  if (!name.startsWith('base64')) return written;
  const before = Number(name.at(-1));
  const bits = before * 8;
  return written.slice(Math.ceil(bits / 6), Math.floor((bits + Buffer.byteLength(secret) * 8) / 6));
}

describe('redaction of known secrets', () => {
  it('removes 40 secrets in each of 24 written forms from any text', () => {
    assert.equal(plantedSecrets.length, 40);
    assert.equal(Object.keys(writers).length, 24);
    const subject = redactor({ secrets: plantedSecrets });
    for (const secret of plantedSecrets) {
      for (const [name, write] of Object.entries(writers)) {
        const written = write(secret);
        const out = subject.text('key', `before ${written} after`) ?? '';
        assert.ok(!out.includes(core(name, secret, written)), `${name} of ${JSON.stringify(secret)}: ${out}`);
        assert.ok(out.includes(removed), `${name} of ${JSON.stringify(secret)}`);
      }
    }
  });

  it('the gate finds each of them in the bytes of a file, also across two pieces and inside JSON', () => {
    for (const secret of plantedSecrets) {
      const gate = new LeakGate([secret], '');
      for (const [name, write] of Object.entries(writers)) {
        const core1 = Buffer.from(`x".${write(secret)}."y`, 'utf8');
        for (const bytes of [core1, Buffer.from(JSON.stringify({ text: core1.toString('utf8') }))]) {
          gate.begin();
          const half = bytes.length >> 1;
          const pieces = [bytes.subarray(0, half), bytes.subarray(half)].map((piece) => piece.toString('latin1'));
          assert.ok(pieces.map((piece) => gate.leaks(piece)).includes(true), `${name} of ${JSON.stringify(secret)}`);
        }
      }
      gate.begin();
      assert.equal(gate.leaks('nothing of the kind, only words and numbers 12345'), false);
    }
  });

  it('the gate does not look for what every bundle holds', () => {
    const gate = new LeakGate(['redis'], 'made for redis');
    assert.equal(gate.leaks('redis'), false);
  });

  it('shows what is left, never the secret, as an example', () => {
    const subject = redactor({ secrets: ['correct-horse'] });
    subject.text('text', 'login with correct-horse failed');
    const [summary] = subject.summary();
    assert.equal(summary?.kind, 'secret');
    assert.doesNotMatch(JSON.stringify(summary), /correct-horse/);
  });
});

describe('redaction by profile', () => {
  it('keeps key names by default and gives tokens in strict, the same for the same text within a bundle only', () => {
    assert.equal(redactor().text('key', 'cart:42'), 'cart:42');
    const strict = redactor({ profile: 'strict' });
    const token = strict.text('key', 'cart:42');
    assert.match(token ?? '', /^key_[0-9a-f]{16}$/);
    assert.equal(strict.text('key', 'cart:42'), token);
    assert.notEqual(strict.text('key', 'cart:43'), token);
    assert.notEqual(strict.text('label', 'cart:42'), token);
    assert.notEqual(redactor({ profile: 'strict' }, 'other').text('key', 'cart:42'), token);
  });

  it('gives users as tokens in both profiles', () => {
    assert.match(redactor().text('user', 'alice') ?? '', /^user_/);
  });

  it('drops free text in strict, but for words of this product', () => {
    const strict = redactor({ profile: 'strict' });
    assert.equal(strict.text('text', 'could not reach db.internal'), undefined);
    assert.equal(strict.text('text', 'TIMEOUT'), 'TIMEOUT');
    assert.equal(strict.text('fact', '7.0.15'), '7.0.15');
    assert.equal(strict.text('fact', 'keys.write'), 'keys.write');
    assert.equal(strict.text('fact', 'SET'), 'SET');
    assert.equal(strict.text('fact', 'acme-prod-secret'), undefined);
    // A number may be the name of a key: only facts may be plain numbers.
    assert.match(strict.text('key', '4815162342') ?? '', /^key_/);
  });

  it('removes nothing else: texts without secrets are the same, and structure stays valid', () => {
    const texts = ['user:1:profile', 'a:b:{c}', 'token:list', 'author:7', 'passenger:list', 'ключ', ' ', '\\u{202e}x'];
    for (const text of texts) assert.equal(redactor({ secrets: plantedSecrets }).text('key', text), text);
  });

  it('keeps the mapping of tokens only when asked', () => {
    const strict = redactor({ profile: 'strict', keepMapping: true });
    const token = strict.text('host', 'db.internal') ?? '';
    assert.deepEqual(strict.mapping, { [token]: 'db.internal' });
    const plain = redactor({ profile: 'strict' });
    plain.text('host', 'db.internal');
    assert.deepEqual(plain.mapping, {});
  });
});

describe('credentials by how they are written', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['redis://:pw@host:6379', 'pw'],
    ['redis://default:p%40ss@host:6379/0', 'p%40ss'],
    ['rediss://user:p/w@x@host', 'p/w@x'],
    ['AUTH hunter2', 'hunter2'],
    ['auth alice hunter2', 'hunter2'],
    ['HELLO 3 AUTH alice hunter2 SETNAME x', 'hunter2'],
    ['CONFIG SET requirepass hunter2', 'hunter2'],
    ['CONFIG SET masterauth "hunter2"', 'hunter2'],
    ['ACL SETUSER alice on >hunter2 ~* +@all', 'hunter2'],
    ['MIGRATE h 6379 k 0 100 AUTH2 alice hunter2', 'hunter2'],
    ['{"password": "hunter2"}', 'hunter2'],
    ['password=hunter2&x=1', 'hunter2'],
    ['Authorization: Bearer abc.def-ghi', 'abc.def-ghi'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF', 'eyJzdWIiOiIxMjM0In0'],
    ['key AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
    ['-----BEGIN RSA PRIVATE KEY-----\\nMIIabc\\n-----END RSA PRIVATE KEY-----', 'MIIabc'],
    ['-----BEGIN PRIVATE KEY-----\nMIIabc', 'MIIabc'],
  ];
  for (const [text, secret] of cases) {
    it(`removes what is secret of ${JSON.stringify(text)}`, () => {
      const out = scrubCredentials(text);
      assert.ok(!out.text.includes(secret), out.text);
      assert.ok(out.count > 0);
    });
  }

  it('takes time in proportion to the text', () => {
    const hostile = `${'password'.repeat(20_000)} ${'-----BEGIN PRIVATE KEY-----'.repeat(2000)} ${'redis://'.repeat(10_000)}`;
    const from = performance.now();
    scrubCredentials(hostile);
    assert.ok(performance.now() - from < 5000);
  });
});

describe('allow-list', () => {
  const shape = { fields: { name: 'label', count: 'number', at: 'time', list: { list: 'fact' } } } as const;

  it('leaves out fields that it does not name, and values of another kind', () => {
    const subject = redactor();
    const value = { name: 'a', count: 'many', at: 'yesterday', extra: 'secret', list: ['GET', { x: 1 }], nested: {} };
    assert.deepEqual(allowed(subject, shape, value), { name: 'a', list: ['GET'] });
    assert.equal(subject.summary().find(({ kind }) => kind === 'dropped')?.count, 5);
  });

  it('takes __proto__ as data', () => {
    const value: unknown = JSON.parse('{"__proto__": {"name": "x"}, "name": "y", "constructor": 1}');
    assert.deepEqual(allowed(redactor(), shape, value), { name: 'y' });
    const named = allowed(redactor(), { names: 'fact', values: 'number' }, JSON.parse('{"__proto__": 1}'));
    assert.deepEqual(Object.keys(named as object), ['__proto__']);
  });
});

describe('search for many texts', () => {
  it('finds what a plain search finds', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const word = (length: number): string => Array.from({ length }, () => 'abc'.charAt(random(3))).join('');
    for (let round = 0; round < 2000; round++) {
      const texts = Array.from({ length: 1 + random(5) }, () => word(2 + random(4)));
      const text = word(30);
      const found = new ManyTexts(texts).find(text);
      const first = texts.map((one) => text.indexOf(one)).filter((at) => at >= 0);
      assert.equal(found?.at, first.length === 0 ? undefined : Math.min(...first), `${texts.join()} in ${text}`);
    }
  });
});
