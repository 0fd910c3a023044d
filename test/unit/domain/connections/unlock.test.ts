import assert from 'node:assert/strict';
import { beginUnlock, unlockLeftMs, validateUnlock } from '../../../../src/domain/connections/unlock.ts';
import { isFailure } from '../../../../src/domain/failure.ts';

const minute = 60_000;

describe('validateUnlock', () => {
  it('takes a reason of 10 characters and 15 minutes by default', () => {
    assert.deepEqual(validateUnlock({ reason: ' INC-204 is on fire ' }), { reason: 'INC-204 is on fire', minutes: 15 });
    assert.deepEqual(validateUnlock({ reason: '0123456789', minutes: 120 }), { reason: '0123456789', minutes: 120 });
  });

  const wrong: [unknown, string][] = [
    [undefined, 'reason'],
    [{}, 'reason'],
    [{ reason: '123456789' }, 'reason'],
    [{ reason: '  123456789   ' }, 'reason'],
    [{ reason: 'x'.repeat(501) }, 'reason'],
    [{ reason: '0123456789', minutes: 0 }, 'minutes'],
    [{ reason: '0123456789', minutes: 121 }, 'minutes'],
    [{ reason: '0123456789', minutes: Number.NaN }, 'minutes'],
    [{ reason: '0123456789', minutes: '5' }, 'minutes'],
    [{ reason: '0123456789', hours: 2 }, 'hours'],
  ];
  for (const [request, path] of wrong) {
    it(`refuses ${JSON.stringify(request)?.slice(0, 60)} by ${path}`, () => {
      assert.throws(
        () => validateUnlock(request),
        (error) => isFailure(error, 'VALIDATION_ERROR') && error.details?.path === path,
      );
    });
  }
});

describe('unlockLeftMs', () => {
  const unlock = beginUnlock({ reason: '0123456789', minutes: 15 }, { wallMs: 1_000_000, monoMs: 500 });
  const left = (wall: number, mono: number) => unlockLeftMs(unlock, { wallMs: 1_000_000 + wall, monoMs: 500 + mono });

  it('counts down', () => {
    assert.equal(left(0, 0), 15 * minute);
    assert.equal(left(minute, minute), 14 * minute);
    assert.equal(left(15 * minute, 15 * minute), 0);
  });

  it('is not extended by a clock that was set back, nor by a sleeping machine', () => {
    assert.equal(left(-minute, minute), 0);
    assert.equal(left(minute, 15 * minute), 0);
    assert.equal(left(15 * minute, minute), 0);
  });
});
