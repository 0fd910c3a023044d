import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decodeCommands, encodeCommands, type Command } from '../../../../src/adapters/store/log/commands.ts';
import { encodeFrame, frameKind, scanFrames } from '../../../../src/adapters/store/log/frame.ts';

const value = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'grapheme', maxLength: 90 }),
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('2026-01-01T00:00:60.000Z', '2026-13-01T00:00:00.000Z', '2026-01-01T24:00:00.000Z', 'same', 'same'),
  fc.uint8Array({ maxLength: 40 }),
);
const command: fc.Arbitrary<Command> = fc.integer({ min: 0, max: 5 }).chain((width) =>
  fc.record(
    {
      target: fc.oneof(fc.constantFrom('main' as const, 'part' as const), fc.nat()),
      sql: fc.string(),
      rows: fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
    },
    { noNullPrototype: true },
  ),
);

describe('the log', () => {
  it('gives back the statements of a transaction exactly', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 5 }), (commands) => {
        assert.deepEqual(decodeCommands(encodeCommands(commands)), commands);
      }),
      { numRuns: 300 },
    );
  });

  it('takes the first frame of a number, skips what is torn, and says what is missing', () => {
    const salt = Buffer.from('saltsalt');
    const frame = (seq: number, text: string): Buffer =>
      encodeFrame({ seq, kind: frameKind.commands, nonce: seq, atMs: seq * 10, payload: Buffer.from(text) }, salt);
    const torn = frame(2, 'torn').subarray(0, 30);
    const bytes = Buffer.concat([
      frame(1, 'a'),
      torn,
      frame(2, 'b'),
      frame(2, 'late'),
      frame(4, 'd'),
      Buffer.from('CSF1'),
    ]);
    const { frames, missing } = scanFrames(bytes, salt, 1, 0);
    assert.deepEqual(
      frames.map(({ seq, payload }) => `${seq} ${Buffer.from(payload).toString()}`),
      ['1 a', '2 b', '4 d'],
    );
    assert.deepEqual(missing, [{ seq: 3, afterMs: 20, beforeMs: 40 }]);
    assert.deepEqual(scanFrames(bytes, Buffer.from('othersal'), 1, 0).frames, []);
  });

  it('never takes a payload for a frame of the log', () => {
    const salt = Buffer.from('saltsalt');
    const forged = encodeFrame(
      { seq: 1, kind: frameKind.commands, nonce: 1, atMs: 1, payload: Buffer.from('forged') },
      Buffer.from('guessed!'),
    );
    const real = encodeFrame({ seq: 1, kind: frameKind.commands, nonce: 1, atMs: 1, payload: forged }, salt);
    assert.deepEqual(scanFrames(real.subarray(0, -1), salt, 1, 0).frames, []);
  });
});
