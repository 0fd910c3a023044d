import assert from 'node:assert/strict';
import { ChunkBuffer, ChunkBuffers } from '../../../../src/adapters/store/worker/incidents/chunkBuffer.ts';

describe('a chunk buffer', () => {
  it('holds what was added as UTF-8, also far beyond its size, and nothing after it was cleared', () => {
    const lines = [
      'plain\n',
      'ü→𝄞\n',
      `${'€'.repeat(100_000)}\n`,
      'lone \ud800\n',
      `${'x'.repeat(300_000)}\n`,
      'end\n',
    ];
    const buffer = new ChunkBuffer(16);
    for (const line of lines) buffer.add(line);
    assert.ok(buffer.bytes.equals(Buffer.from(lines.join(''))));
    buffer.clear();
    assert.equal(buffer.bytes.length, 0);
    buffer.add('again');
    assert.equal(buffer.bytes.toString(), 'again');
  });

  it('goes round: one that was given back is taken again, empty', () => {
    const buffers = new ChunkBuffers(16);
    const first = buffers.take();
    first.add('first');
    const second = buffers.take();
    assert.notEqual(second, first);
    assert.equal(first.bytes.toString(), 'first');
    buffers.give(first);
    assert.equal(buffers.take(), first);
    assert.equal(first.bytes.length, 0);
  });
});
