import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import { mappedBytes } from '../../../../src/adapters/store/mappedBytes.ts';
import { sqlJsEngine, type SqlDatabase, type SqlEngine } from '../../../../src/adapters/store/sql/driver.ts';
import { projectRoot } from '../../../support/root.ts';

const mega = 1 << 20;
const blob = randomBytes(mega);

describe('the memory of databases', () => {
  let sql: SqlEngine;

  before(async () => {
    const wasmBinary = readFileSync(join(projectRoot(), 'node_modules/sql.js/dist/sql-wasm.wasm')).buffer;
    sql = sqlJsEngine(await initSqlJs({ wasmBinary }));
  });

  const fill = (database: SqlDatabase, megabytes: number): void => {
    database.script('CREATE TABLE blobs (n INTEGER PRIMARY KEY, bytes BLOB)');
    for (let n = 0; n < megabytes; n++) database.run('INSERT INTO blobs VALUES (?, ?)', [n, blob]);
  };
  /** What the process took through its allocator for buffers while this ran, bytes. */
  const allocated = (run: () => void): number => {
    const before = process.memoryUsage().arrayBuffers;
    run();
    return process.memoryUsage().arrayBuffers - before;
  };

  it('is their own: one that grows within its room takes no buffer of the allocator', () => {
    const roomy = sql.open(undefined, 32 * mega);
    const plain = sql.open();
    const own = allocated(() => fill(roomy, 16));
    const moved = allocated(() => fill(plain, 16));
    assert.ok(own < mega && moved > 8 * mega, `${own} bytes with room, ${moved} without`);
    assert.deepEqual(roomy.rows('SELECT count(*), sum(length(bytes)) FROM blobs'), [[16, 16 * mega]]);
    roomy.close();
    plain.close();
  });

  it('may be outgrown, and what is read from an image is a copy', () => {
    const first = sql.open(undefined, mega);
    fill(first, 3);
    const image = first.image();
    const second = sql.open(image, mega);
    second.script('DELETE FROM blobs WHERE n > 0; VACUUM');
    assert.deepEqual(Buffer.compare(image, first.image()), 0);
    assert.deepEqual(sql.open(image).rows('SELECT count(*) FROM blobs'), [[3]]);
    assert.deepEqual(sql.open(second.image()).rows('SELECT n FROM blobs'), [[0]]);
  });

  it('is a given image itself, and goes back to the system when the database is closed', () => {
    const first = sql.open(undefined, 32 * mega);
    fill(first, 24);
    const copied = first.image();
    first.close();
    const image = mappedBytes(copied.length);
    image.set(copied);
    const held = process.memoryUsage.rss();
    const database = sql.openIn(image);
    assert.deepEqual(database.rows('SELECT count(*), sum(length(bytes)) FROM blobs'), [[24, 24 * mega]]);
    database.run('DELETE FROM blobs WHERE n > 0');
    assert.notEqual(Buffer.compare(image, copied), 0);
    database.close();
    assert.equal(image.length, 0);
    const released = held - process.memoryUsage.rss();
    assert.ok(released > 16 * mega, `${released} bytes went back`);
  });

  it('is larger than the image that it was opened in when it grows', () => {
    const first = sql.open();
    fill(first, 1);
    const image = mappedBytes(first.image().length);
    image.set(first.image());
    const database = sql.openIn(image);
    for (let n = 1; n < 4; n++) database.run('INSERT INTO blobs VALUES (?, ?)', [n, blob]);
    assert.deepEqual(database.rows('SELECT count(*), sum(length(bytes)) FROM blobs'), [[4, 4 * mega]]);
    database.close();
  });

  it('a new one is an empty one', () => {
    assert.deepEqual(sql.open().rows('SELECT name FROM sqlite_schema'), []);
  });

  it('mapped bytes are zero, of the length asked for, and can be written', () => {
    for (const length of [0, 1, mega - 1, 3 * mega]) {
      const bytes = mappedBytes(length);
      assert.equal(bytes.length, length);
      assert.ok(bytes.every((byte) => byte === 0));
      assert.equal(bytes.fill(7).at(-1), length === 0 ? undefined : 7);
    }
  });
});
