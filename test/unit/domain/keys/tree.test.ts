import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareBytes, toBase64, utf8, type Bytes } from '../../../../src/domain/bytes.ts';
import { KeyIndex } from '../../../../src/domain/keys/keyIndex.ts';
import { KeyList } from '../../../../src/domain/keys/keyList.ts';
import {
  foldersOf,
  inFolder,
  listFolder,
  type FolderListing,
  type FolderQuery,
} from '../../../../src/domain/keys/tree.ts';

const text = (bytes: Bytes) => Buffer.from(bytes).toString('latin1');

function indexOf(keys: readonly Bytes[]): KeyIndex {
  const index = new KeyIndex();
  index.add(KeyList.of(keys));
  return index;
}

function listed(index: KeyIndex, query: Partial<FolderQuery> = {}): FolderListing {
  const steps = listFolder(index, { prefix: utf8(''), delimiter: utf8(':'), limit: 1000, ...query });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same by the plainest means. */
function expected(keys: readonly Bytes[], prefix: string, delimiter: string) {
  const folders = new Map<string, number>();
  const leaves: string[] = [];
  for (const key of new Set(keys.map(text))) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (at < 0) leaves.push(key);
    else {
      const folder = key.slice(0, at + delimiter.length);
      folders.set(folder, (folders.get(folder) ?? 0) + 1);
    }
  }
  return { folders: [...folders].sort(([a], [b]) => (a < b ? -1 : 1)), leaves: leaves.sort() };
}

const keyArb = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'b', ':', '::', '', 'é', '__proto__'), { maxLength: 6 })
    .map((parts) => utf8(parts.join(''))),
  fc.uint8Array({ maxLength: 6 }),
  fc.array(fc.constantFrom(0x3a, 0x61, 0xff, 0), { maxLength: 6 }).map((bytes) => Uint8Array.from(bytes)),
);

describe('tree of keys', () => {
  it('counts folders and lists keys as the plainest grouping would', () => {
    fc.assert(
      fc.property(
        fc.array(keyArb, { maxLength: 60 }),
        fc.constantFrom('', 'a:', 'a', ':', 'a::b:'),
        fc.constantFrom(':', '::', '', 'a'),
        (keys, prefix, delimiter) => {
          const listing = listed(indexOf(keys), { prefix: utf8(prefix), delimiter: utf8(delimiter) });
          const plain = expected(keys, prefix, delimiter);
          assert.deepEqual(
            listing.folders.map(({ prefix, count }) => [text(prefix), count]),
            plain.folders,
          );
          assert.deepEqual(listing.keys.map(text), plain.leaves);
          assert.equal(listing.folderCount, plain.folders.length);
          assert.equal(listing.keyCount, plain.leaves.length);
          assert.equal(listing.total, plain.leaves.length + plain.folders.reduce((sum, [, count]) => sum + count, 0));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('lists the first children only, folders first, and still counts all', () => {
    const keys = Array.from({ length: 3000 }, (_, i) =>
      utf8(`k${String(i).padStart(4, '0')}${i % 3 === 0 ? ':x' : ''}`),
    );
    const listing = listed(indexOf(keys.toSorted(() => 0.5 - Math.random())), { limit: 1100 });
    assert.deepEqual([listing.folderCount, listing.keyCount, listing.total], [1000, 2000, 3000]);
    assert.equal(listing.folders.length, 1000);
    assert.deepEqual(
      listing.keys.map(text),
      keys
        .map(text)
        .filter((key) => !key.includes(':'))
        .slice(0, 100),
    );
  });

  it('keeps every key once, however often SCAN gives it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(keyArb, { maxLength: 30 }), { maxLength: 8 }), (pages) => {
        const index = new KeyIndex();
        const distinct = new Set<string>();
        for (const page of pages) {
          const before = distinct.size;
          for (const key of page) distinct.add(toBase64(key));
          assert.equal(index.add(KeyList.of(page)), distinct.size - before);
        }
        assert.equal(index.length, distinct.size);
        for (let i = 0; i < index.length; i++) assert.ok(distinct.delete(toBase64(index.at(i))));
      }),
      { numRuns: 500 },
    );
  });

  it('forgets a key that was deleted, and takes it back when it returns', () => {
    const index = indexOf(['a:1', 'a:2', 'b'].map(utf8));
    assert.ok(index.remove(utf8('a:1')));
    assert.ok(!index.remove(utf8('a:1')));
    assert.ok(!index.remove(utf8('zzz')));
    assert.equal(index.size, 2);
    assert.deepEqual(
      listed(index).folders.map(({ count }) => count),
      [1],
    );
    assert.equal(index.add(KeyList.of([utf8('a:1')])), 1);
    assert.equal(listed(index).total, 3);
  });

  it('grows past its first buffers', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => utf8(`user:${i}:profile`));
    const index = indexOf(keys);
    index.add(KeyList.of(keys));
    assert.equal(index.length, 50_000);
    assert.deepEqual(index.at(49_999), utf8('user:49999:profile'));
    assert.equal(listed(index, { prefix: utf8('user:'), limit: 5 }).folderCount, 50_000);
  });

  it('lets others run while it lists', () => {
    const index = indexOf(Array.from({ length: 40_000 }, (_, i) => utf8(`k${i}`)));
    const steps = listFolder(index, { prefix: utf8(''), delimiter: utf8(':'), limit: 10 });
    let yields = 0;
    while (steps.next().done !== true) yields++;
    assert.ok(yields >= 4, `${yields} pauses`);
  });

  it('knows the folders above a key', () => {
    assert.deepEqual(foldersOf(utf8('a:b:c'), utf8(':')).map(text), ['a:', 'a:b:']);
    assert.deepEqual(foldersOf(utf8('abc'), utf8(':')), []);
    assert.deepEqual(foldersOf(utf8('a:b'), utf8('')), []);
    assert.ok(inFolder(utf8('a:b'), utf8('a:')));
    assert.ok(!inFolder(utf8('ab'), utf8('a:')));
    assert.ok(compareBytes(utf8('a'), utf8('b')) < 0);
  });
});
