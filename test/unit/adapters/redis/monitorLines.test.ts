import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MonitorLines } from '../../../../src/adapters/redis/monitorLines.ts';

interface Told {
  readonly lines: string[];
  dropped: number;
}

function reader(maxWaitingBytes: number): { readonly lines: MonitorLines; readonly told: Told } {
  const told: Told = { lines: [], dropped: 0 };
  const lines = new MonitorLines(
    {
      line: (line) => told.lines.push(Buffer.from(line).toString('latin1')),
      dropped: (count) => (told.dropped += count),
    },
    maxWaitingBytes,
  );
  lines.push(Buffer.from('+OK\r\n'));
  lines.read(Number.POSITIVE_INFINITY);
  return { lines, told };
}

describe('adapters/redis/monitorLines', () => {
  it('gives every line once, however the chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const { lines, told } = reader(1 << 20);
        const sent = Array.from({ length: 50 }, (_, i) => `1.5 [0 a] "set" "${'k'.repeat(i)}"`);
        let left = Buffer.from(sent.map((line) => `+${line}\r\n`).join(''));
        for (let at = 0; left.length > 0; at++) {
          const size = sizes[at % sizes.length] ?? 1;
          lines.push(left.subarray(0, size));
          left = left.subarray(size);
          if (at % 3 === 0) lines.read(Number.POSITIVE_INFINITY);
        }
        lines.read(Number.POSITIVE_INFINITY);
        assert.deepEqual(told, { lines: sent, dropped: 0 });
        assert.equal(lines.waitingBytes, 0);
      }),
    );
  });

  it('counts what it drops, to the line: seen = told + dropped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 900 }), read: fc.integer({ min: 0, max: 9 }) }), {
          minLength: 5,
          maxLength: 80,
        }),
        (steps) => {
          const { lines, told } = reader(500);
          const count = 200;
          const all = Buffer.from(
            Array.from({ length: count }, (_, i) => `+line ${i} ${'x'.repeat(i % 50)}\r\n`).join(''),
          );
          for (let at = 0, from = 0; from < all.length; at++) {
            const { size, read } = steps[at % steps.length] ?? { size: 10, read: 0 };
            lines.push(all.subarray(from, from + size));
            from += size;
            if (lines.waitingBytes > 500) lines.overflow();
            if (read === 0) lines.read(0);
          }
          lines.read(Number.POSITIVE_INFINITY);
          assert.equal(told.lines.length + told.dropped, count);
          // What is told is told whole and in order.
          const numbers = told.lines.map((line) => {
            const match = /^line (\d+) (x*)$/.exec(line);
            assert.ok(match !== null && match[2]?.length === Number(match[1]) % 50, line);
            return Number(match[1]);
          });
          assert.deepEqual(
            numbers,
            [...numbers].sort((a, b) => a - b),
          );
        },
      ),
    );
  });

  it('keeps a refusal, and cuts a line that never ends', () => {
    const told: Told = { lines: [], dropped: 0 };
    const refused = new MonitorLines({ dropped: () => undefined }, 100);
    refused.push(Buffer.from('-NOPERM no\r\n'));
    refused.read(Number.POSITIVE_INFINITY);
    assert.equal(refused.refused?.prefix, 'NOPERM');
    const { lines, told: counted } = reader(1 << 30);
    for (let i = 0; i < 40; i++) {
      lines.push(Buffer.alloc(64 << 10, 0x61));
      lines.read(Number.POSITIVE_INFINITY);
    }
    lines.push(Buffer.from('\r\n+next\r\n'));
    lines.read(Number.POSITIVE_INFINITY);
    assert.deepEqual(counted, { lines: ['next'], dropped: 1 });
    assert.deepEqual(told, { lines: [], dropped: 0 });
  });
});
