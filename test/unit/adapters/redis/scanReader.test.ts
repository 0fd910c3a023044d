import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RespError } from '../../../../src/adapters/redis/respReader.ts';
import { ScanReader } from '../../../../src/adapters/redis/scanReader.ts';

interface Seen {
  readonly cursors: string[];
  readonly pages: string[][];
  readonly refusals: string[];
}

function read(chunks: readonly Buffer[]): Seen {
  const seen: Seen = { cursors: [], pages: [], refusals: [] };
  const reader = new ScanReader({
    cursor: (cursor) => seen.cursors.push(cursor),
    page: (keys) => seen.pages.push([...keys].map((key) => Buffer.from(key).toString('hex'))),
    refused: (message) => seen.refusals.push(message),
  });
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

function encode(cursor: string, keys: readonly Uint8Array[]): Buffer {
  const bulk = (bytes: Uint8Array): Buffer[] => [
    Buffer.from(`$${bytes.length}\r\n`),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ];
  return Buffer.concat([
    Buffer.from('*2\r\n'),
    ...bulk(Buffer.from(cursor)),
    Buffer.from(`*${keys.length}\r\n`),
    ...keys.flatMap(bulk),
  ]);
}

const cursor = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const page = fc.tuple(cursor, fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }));

describe('reader of SCAN', () => {
  it('gives every key of every page however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(page, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), (pages, places) => {
        const bytes = Buffer.concat(pages.map(([at, keys]) => encode(at, keys)));
        const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
        const seen = read([0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length)));
        assert.deepEqual(
          seen.cursors,
          pages.map(([at]) => at),
        );
        assert.deepEqual(
          seen.pages,
          pages.map(([, keys]) => keys.map((key) => Buffer.from(key).toString('hex'))),
        );
      }),
    );
  });

  it('tells the cursor before the page has arrived', () => {
    const bytes = encode('17', [Buffer.alloc(5_000, 1)]);
    assert.deepEqual(read([bytes.subarray(0, 40)]).cursors, ['17']);
  });

  it('passes a refusal on, and refuses what is no page', () => {
    assert.deepEqual(read([Buffer.from('-NOPERM no'), Buffer.from('\r\n')]).refusals, ['NOPERM no']);
    for (const bad of [
      '+OK\r\n',
      '*3\r\n',
      '*2\r\n*1\r\n',
      '*2\r\n$1\r\nx\r\n',
      '*2\r\n$99\r\n',
      '*2\r\n$1\r\n0\r\n*1\r\n:5\r\n',
      '*2\r\n$1\r\n0\r\n*-1\r\n',
    ]) {
      assert.throws(() => read([Buffer.from(bad)]), RespError, bad);
    }
  });
});
