// The manifest and the code say the same about settings.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settingBounds } from '../../../../src/adapters/vscode/settingBounds.ts';
import type { ConnectionDraft } from '../../../../src/domain/connections/definition.ts';
import { validateConnection } from '../../../../src/domain/connections/validate.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly markdownDescription?: string;
  readonly anyOf?: readonly Schema[];
}

const manifest = JSON.parse(readFileSync(join(resolve(__dirname, '../../../..'), 'package.json'), 'utf8')) as {
  contributes: { configuration: { properties: Record<string, Schema> } };
};
const settings = manifest.contributes.configuration.properties;
const entry = settings['cachify.connections']?.items;

const tls: Required<NonNullable<ConnectionDraft['tls']>> = {
  enabled: true,
  servername: 'db',
  caFile: 'ca.pem',
  certFile: 'c.pem',
  keyFile: 'k.pem',
  rejectUnauthorized: true,
};
/** Every field there is; forgetting a new one here does not compile. */
const whole: Required<ConnectionDraft> = {
  id: 'a',
  name: 'A',
  url: 'redis://h',
  host: 'h',
  port: 1,
  socketPath: '/s',
  db: 0,
  username: 'u',
  tls,
  sentinel: { name: 'm', nodes: ['h:1'], username: 'u', tls, allowedHosts: ['h'] },
  cluster: { nodes: ['h:1'], allowedHosts: ['h'], natMap: { 'a:1': 'b:1' } },
  ssh: { host: 'j', port: 22, user: 'u', identityFile: '/k' },
  environment: 'dev',
  tags: ['t'],
  readOnly: false,
  timeoutMs: 5000,
  retry: { maxAttempts: 0, backoffMs: 0, strategy: 'fixed', abortOnErrorRate: 1 },
  delimiter: ':',
  secret: 'stored',
  undo: true,
};

function fieldsOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || at === 'cluster.natMap') return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...fieldsOf(part, path)];
  });
}

function schemaFields(schema: Schema | undefined, at = ''): string[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, part]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...schemaFields(part, path)];
  });
}

describe('settings in the manifest', () => {
  it('know every field of a connection and no other, and describe each', () => {
    assert.deepEqual(schemaFields(entry).sort(), fieldsOf(whole).sort());
    const check = (schema: Schema | undefined, path: string): void => {
      for (const [name, part] of Object.entries(schema?.properties ?? {})) {
        assert.ok((part.markdownDescription ?? '').length > 5, `${path}.${name} is not described`);
        check(part, `${path}.${name}`);
      }
      if (schema?.properties) assert.equal(schema.additionalProperties, false, `${path} is not closed`);
    };
    check(entry, 'entry');
    assert.deepEqual(entry?.required, ['id', 'name']);
  });

  it('have the bounds and defaults of the parser', () => {
    const place = { uid: 'u', scope: 'user' } as const;
    const numbers = (schema: Schema | undefined, at: readonly string[]): void => {
      for (const [name, part] of Object.entries(schema?.properties ?? {})) {
        numbers(part, [...at, name]);
        if (part.minimum === undefined || part.maximum === undefined || at[0] === 'ssh') continue;
        const accepts = (value: number) => {
          const inner = { [name]: value };
          const draft = at[0] === undefined ? inner : { [at[0]]: inner };
          return validateConnection({ id: 'a', name: 'A', host: 'h', ...draft }, place).ok;
        };
        assert.ok(accepts(part.minimum) && accepts(part.maximum), `${name}: bounds are refused`);
        assert.ok(
          !accepts(part.minimum - 1) && !accepts(part.maximum + 1),
          `${name}: more than the bounds is accepted`,
        );
      }
    };
    numbers(entry, []);
    const checked = validateConnection({ id: 'a', name: 'A', host: 'h' }, place);
    assert.ok(checked.ok);
    const definition: Record<string, unknown> = { ...checked.definition };
    for (const name of ['port', 'db', 'timeoutMs', 'delimiter', 'secret', 'undo']) {
      assert.equal(entry?.properties?.[name]?.default, definition[name], name);
    }
  });

  it('have the bounds that the code keeps', () => {
    for (const [name, { minimum, maximum }] of Object.entries(settingBounds)) {
      const schema = settings[`cachify.${name}`];
      assert.deepEqual({ minimum: schema?.minimum, maximum: schema?.maximum }, { minimum, maximum }, name);
    }
  });
});
