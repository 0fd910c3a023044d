import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertMetrics } from '../../../../src/domain/alerts/metrics/registry.ts';
import { aggregations } from '../../../../src/domain/alerts/rule.ts';
import { starterRules } from '../../../../src/domain/alerts/starters.ts';
import { projectRoot } from '../../../support/root.ts';

interface Manifest {
  readonly contributes: {
    readonly configuration: {
      readonly properties: {
        readonly 'cachify.alertRules': {
          readonly items: {
            readonly required: readonly string[];
            readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
          };
        };
      };
    };
  };
}

describe('cachify.alertRules in the manifest', () => {
  const manifest = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as Manifest;
  const { properties, required } = manifest.contributes.configuration.properties['cachify.alertRules'].items;

  it('offers exactly the metrics and aggregations of the code', () => {
    assert.deepEqual(
      properties['metric']?.enum,
      alertMetrics.map(({ id }) => id),
    );
    assert.deepEqual(properties['aggregation']?.enum, [...aggregations]);
  });

  it('knows every field that a rule may have', () => {
    const used = new Set(starterRules.flatMap(({ rule }) => Object.keys(rule)));
    for (const field of [...used, 'id', 'keepFiringSeconds', 'onNoData', 'onError']) {
      assert.ok(field in properties, field);
    }
    for (const field of required) assert.ok(used.has(field), field);
  });
});
