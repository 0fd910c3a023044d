// What settings.json completes and underlines is what the product accepts: field by field, bound by bound.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkPack, packFields } from '../../../../src/domain/governance/checkPack.ts';
import { packEnvironments, packLimits } from '../../../../src/domain/governance/pack.ts';
import { minuteOfDay, weekdays } from '../../../../src/domain/governance/week.ts';

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly const?: string;
  readonly additionalProperties?: boolean;
}

const manifest = JSON.parse(readFileSync(join(resolve(__dirname, '../../../..'), 'package.json'), 'utf8')) as {
  contributes: { configuration: { properties: Record<string, Schema> } };
};
const schema = manifest.contributes.configuration.properties['cachify.policyPacks']?.items;

describe('schema of cachify.policyPacks', () => {
  const fields = schema?.properties ?? {};

  it('has the fields of a pack, an id and where it holds, and no others', () => {
    assert.deepEqual(Object.keys(fields).sort(), [...packFields, 'id', 'connections'].sort());
    assert.equal(schema?.additionalProperties, false);
    const optional = new Set(['description', 'connections']);
    assert.deepEqual(
      [...(schema?.required ?? [])].sort(),
      Object.keys(fields)
        .filter((name) => !optional.has(name))
        .sort(),
    );
  });

  it('has the bounds of the rules', () => {
    assert.deepEqual(fields['environments']?.items?.enum, packEnvironments);
    assert.deepEqual([fields['maxWorkflowItems']?.minimum, fields['maxWorkflowItems']?.maximum], [1, packLimits.items]);
    assert.deepEqual(
      [fields['maxRetryAttempts']?.minimum, fields['maxRetryAttempts']?.maximum],
      [0, packLimits.retries],
    );
    assert.equal(fields['name']?.maxLength, packLimits.nameLength);
    assert.equal(fields['description']?.maxLength, packLimits.descriptionLength);
    assert.equal(fields['executionWindows']?.maxItems, packLimits.windows);
  });

  it('takes the times that the rules take', () => {
    const window = fields['executionWindows']?.items?.properties ?? {};
    assert.deepEqual(window['weekdays']?.items?.enum, weekdays);
    assert.equal(window['timezone']?.const, 'UTC');
    const start = new RegExp(window['startTime']?.pattern ?? '^$');
    const end = new RegExp(window['endTime']?.pattern ?? '^$');
    for (const time of ['00:00', '08:30', '23:59', '24:00', '24:01', '8:00', '08:60', '', 'noon']) {
      assert.equal(end.test(time), minuteOfDay(time) !== null, time);
      assert.equal(start.test(time), minuteOfDay(time) !== null && time !== '24:00', time);
    }
    assert.throws(() => checkPack({}));
  });
});
