import assert from 'node:assert/strict';
import { isFailure } from '../../../../src/domain/failure.ts';
import { checkPack } from '../../../../src/domain/governance/checkPack.ts';

const window = { weekdays: ['mon'], startTime: '08:00', endTime: '16:00', timezone: 'UTC' };
const good = {
  name: 'Prod change window',
  environments: ['prod'],
  maxWorkflowItems: 100,
  maxRetryAttempts: 0,
  schedulingEnabled: true,
  executionWindows: [window],
  enabled: true,
};
const withWindow = (changes: object) => ({ ...good, executionWindows: [{ ...window, ...changes }] });
const without = (field: string) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== field));

describe('a policy pack', () => {
  it('is taken as it is, days in order, each window with an id', () => {
    const pack = checkPack(withWindow({ weekdays: ['fri', 'mon'] }));
    assert.deepEqual(pack, { ...good, executionWindows: [{ ...window, weekdays: ['mon', 'fri'], id: 'w1' }] });
  });

  it('keeps ids that it has and makes others that differ', () => {
    const pack = checkPack({ ...good, executionWindows: [window, { ...window, id: 'w2' }, window] });
    const ids = pack.executionWindows.map(({ id }) => id);
    assert.equal(new Set(ids).size, 3);
    assert.equal(ids[1], 'w2');
  });

  it('may end at 24:00 and go over midnight', () => {
    checkPack(withWindow({ startTime: '00:00', endTime: '24:00' }));
    checkPack(withWindow({ startTime: '22:00', endTime: '06:00' }));
    checkPack(withWindow({ startTime: '22:00', endTime: '00:00' }));
  });

  const refused: readonly (readonly [what: string, pack: unknown, path: string])[] = [
    ['nothing', null, ''],
    ['a list', [], ''],
    ['an unknown field', { ...good, effect: 'warn' }, 'effect'],
    ['__proto__', JSON.parse(`{${JSON.stringify(good).slice(1, -1)},"__proto__":{}}`), '__proto__'],
    ['constructor', { ...good, constructor: 1 }, 'constructor'],
    ['no name', without('name'), 'name'],
    ['a blank name', { ...good, name: '  ' }, 'name'],
    ['a long name', { ...good, name: 'x'.repeat(101) }, 'name'],
    ['a description that is no text', { ...good, description: 5 }, 'description'],
    ['no environments', without('environments'), 'environments'],
    ['empty environments', { ...good, environments: [] }, 'environments'],
    ['an unknown environment', { ...good, environments: ['prod', 'qa'] }, 'environments.1'],
    ['the environment unknown', { ...good, environments: ['unknown'] }, 'environments.0'],
    ['an environment twice', { ...good, environments: ['prod', 'prod'] }, 'environments.1'],
    ['no item cap', without('maxWorkflowItems'), 'maxWorkflowItems'],
    ['a cap of 0', { ...good, maxWorkflowItems: 0 }, 'maxWorkflowItems'],
    ['half an item', { ...good, maxWorkflowItems: 1.5 }, 'maxWorkflowItems'],
    ['NaN items', { ...good, maxWorkflowItems: Number.NaN }, 'maxWorkflowItems'],
    ['too many items', { ...good, maxWorkflowItems: 10_000_001 }, 'maxWorkflowItems'],
    ['items as text', { ...good, maxWorkflowItems: '100' }, 'maxWorkflowItems'],
    ['negative retries', { ...good, maxRetryAttempts: -1 }, 'maxRetryAttempts'],
    ['21 retries', { ...good, maxRetryAttempts: 21 }, 'maxRetryAttempts'],
    ['no retry cap', without('maxRetryAttempts'), 'maxRetryAttempts'],
    ['scheduling that is no flag', { ...good, schedulingEnabled: 1 }, 'schedulingEnabled'],
    ['scheduling without a window', { ...good, executionWindows: [] }, 'executionWindows'],
    ['windows that are no list', { ...good, executionWindows: {} }, 'executionWindows'],
    ['51 windows', { ...good, executionWindows: Array.from({ length: 51 }, () => window) }, 'executionWindows'],
    ['a window without days', withWindow({ weekdays: [] }), 'executionWindows.0.weekdays'],
    ['an unknown day', withWindow({ weekdays: ['monday'] }), 'executionWindows.0.weekdays.0'],
    ['a day twice', withWindow({ weekdays: ['mon', 'mon'] }), 'executionWindows.0.weekdays.1'],
    ['a start of 24:00', withWindow({ startTime: '24:00' }), 'executionWindows.0.startTime'],
    ['a start of 8:00', withWindow({ startTime: '8:00' }), 'executionWindows.0.startTime'],
    ['a start of 08:60', withWindow({ startTime: '08:60' }), 'executionWindows.0.startTime'],
    ['an end of 24:01', withWindow({ endTime: '24:01' }), 'executionWindows.0.endTime'],
    ['equal times', withWindow({ endTime: '08:00' }), 'executionWindows.0.endTime'],
    ['another time zone', withWindow({ timezone: 'Europe/Berlin' }), 'executionWindows.0.timezone'],
    ['no time zone', withWindow({ timezone: undefined }), 'executionWindows.0.timezone'],
    ['an unknown field of a window', withWindow({ days: [] }), 'executionWindows.0.days'],
    ['an id that is no slug', withWindow({ id: 'a b' }), 'executionWindows.0.id'],
    [
      'an id twice',
      {
        ...good,
        executionWindows: [
          { ...window, id: 'a' },
          { ...window, id: 'a' },
        ],
      },
      'executionWindows.1.id',
    ],
    ['enabled that is no flag', { ...good, enabled: 'yes' }, 'enabled'],
  ];
  for (const [what, given, path] of refused) {
    it(`is refused with ${what}, naming ${path || 'the whole'}`, () => {
      assert.throws(
        () => checkPack(given),
        (error) => isFailure(error, 'VALIDATION_ERROR') && error.details?.path === path && error.message.length > 10,
      );
      assert.throws(
        () => checkPack(given, 'pack'),
        (error) => isFailure(error) && error.details?.path === (path === '' ? 'pack' : `pack.${path}`),
      );
    });
  }
});
