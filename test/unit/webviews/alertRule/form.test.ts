import assert from 'node:assert/strict';
import { alertMetrics } from '../../../../src/domain/alerts/metrics/registry.ts';
import { starterRules } from '../../../../src/domain/alerts/starters.ts';
import { readRule } from '../../../../src/domain/alerts/validate.ts';
import { draftOfForm, fieldOf, formOf, numberOf, withMetric } from '../../../../webviews/alertRule/form.ts';

const around = { otherNames: [], sampleSeconds: 15 };

describe('the form of a rule', () => {
  for (const { id, rule } of starterRules) {
    it(`gives ${id} back as it was`, () => assert.deepEqual(draftOfForm(formOf(rule)), rule));
  }

  it('takes ratios in percent, and numbers as people type them', () => {
    const [first] = starterRules.filter(({ id }) => id === 'starter.memoryHigh');
    assert.ok(first);
    const form = formOf(first.rule);
    assert.equal(form.threshold, '80');
    assert.equal(draftOfForm({ ...form, threshold: '92,5 ' })['threshold'], 0.925);
    assert.equal(numberOf('1 000'), 1000);
    assert.equal(numberOf('many'), 'many');
    assert.equal(numberOf(''), '');
  });

  it('with another metric is a rule at once', () => {
    const [first] = starterRules;
    assert.ok(first);
    for (const { id } of alertMetrics) {
      const read = readRule(draftOfForm(withMetric(formOf(first.rule), id)), around);
      assert.ok('rule' in read, id);
    }
  });

  it('knows the field of every problem', () => {
    const broken = draftOfForm({
      ...formOf(starterRules[0]?.rule ?? assert.fail()),
      name: '',
      threshold: 'x',
      lookback: '0',
      lasts: '-1',
      minSamples: '0',
      connections: [],
      environments: [],
    });
    const read = readRule(broken, around);
    assert.ok('problems' in read);
    const fields = read.problems.map(({ path }) => fieldOf(path));
    assert.deepEqual(fields.toSorted(), [
      'connections',
      'environments',
      'lasts',
      'lookback',
      'minSamples',
      'name',
      'threshold',
    ]);
  });
});
