import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isFailure } from '../../../../src/domain/failure.ts';
import { duplicateField } from '../../../../src/domain/governance/duplicateField.ts';
import { packFileText, packsOfFile } from '../../../../src/domain/governance/packFile.ts';
import type { PolicyPack } from '../../../../src/domain/governance/pack.ts';
import { settingsPacks } from '../../../../src/domain/governance/settingsPack.ts';

const pack: PolicyPack = {
  id: 'p1',
  version: 3,
  source: 'store',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  name: 'Prod',
  environments: ['prod'],
  maxWorkflowItems: 10,
  maxRetryAttempts: 0,
  schedulingEnabled: false,
  executionWindows: [],
  enabled: true,
};
const refused = (path: string) => (error: unknown) =>
  isFailure(error, 'VALIDATION_ERROR') && error.details?.path === path;

describe('files of policy packs', () => {
  it('give back what was written, by id and version', () => {
    const [read] = packsOfFile(packFileText([pack]));
    assert.deepEqual([read?.id, read?.version, read?.content.name], ['p1', 3, 'Prod']);
  });

  it('of settings come back under their plain id', () => {
    assert.equal(packsOfFile(packFileText([{ ...pack, id: 'settings:team', source: 'settings' }]))[0]?.id, 'team');
  });

  const text = packFileText([pack]);
  for (const [what, json, path] of [
    ['no JSON', '{', 'json'],
    ['more than 256 KiB', `${text}${' '.repeat(300_000)}`, 'json'],
    ['another format', text.replace('policyPacks/1', 'policyPacks/2'), 'format'],
    ['a field twice', text.replace('"name": "Prod"', '"name": "Dev", "name": "Prod"'), 'packs.0.name'],
    ['an unknown field', text.replace('"name"', '"effect": "warn", "name"'), 'packs.0.effect'],
    ['__proto__', text.replace('"name"', '"__proto__": {}, "name"'), 'packs.0.__proto__'],
    ['no environments', text.replace(/\[\s*"prod"\s*\]/, '[]'), 'packs.0.environments'],
    ['a pack twice', packFileText([pack, pack]), 'packs.1.id'],
    ['a version of 0', text.replace('"version": 3', '"version": 0'), 'packs.0.version'],
    ['no list', '{"format":"cachify.policyPacks/1","packs":{}}', 'packs'],
    ['a list', '[]', ''],
  ] as const) {
    it(`are refused with ${what}, naming ${path || 'the whole'}`, () => {
      assert.throws(() => packsOfFile(json), refused(path));
    });
  }

  it('find the first field that stands twice, wherever, and none in what JSON wrote', () => {
    assert.equal(duplicateField('{"a":[{"b":1},{"c":{"d":1,"d":2}}]}'), 'a.1.c.d');
    assert.equal(duplicateField('{"a":"x","b":"a","c":{"a":1}}'), null);
    assert.equal(duplicateField(String.raw`{"a":1,"\u0061":2}`), 'a');
    fc.assert(
      fc.property(fc.json(), (json) => duplicateField(JSON.stringify(JSON.parse(json))) === null),
      { numRuns: 1000 },
    );
  });
});

describe('packs of settings', () => {
  const { id, source, version, createdAt, updatedAt, ...content } = pack;
  const entry = { ...content, id: 'team' };

  it('hold everywhere, or where they say', () => {
    const { packs, unreadable } = settingsPacks([entry, { ...entry, id: 'one', connections: ['shop'] }]);
    assert.deepEqual(
      packs.map((each) => [each.id, each.connections]),
      [
        ['settings:team', null],
        ['settings:one', ['shop']],
      ],
    );
    assert.deepEqual(unreadable, []);
    assert.ok([id, source, version, createdAt, updatedAt].length === 5);
  });

  for (const [what, broken, problem] of [
    ['without an id', { ...content }, /id: /],
    ['with a hostile field', JSON.parse(`{"__proto__":{},${JSON.stringify(entry).slice(1)}`), /__proto__/],
    ['with no connections', { ...entry, connections: [] }, /connections: /],
    ['with an environment of its own', { ...entry, environments: ['qa'] }, /environments\.0: /],
    ['that are no object', null, /object/],
  ] as const) {
    it(`${what} hold as unreadable, and say which field is wrong`, () => {
      const { packs, unreadable } = settingsPacks([broken]);
      assert.equal(packs.length, 0);
      assert.match(unreadable[0]?.problem ?? '', problem);
    });
  }
});
