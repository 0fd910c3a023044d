import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { parseMonitorLine } from '../../../../src/domain/observability/monitorLine.ts';
import type { CommandInfo } from '../../../../src/domain/redis/classify.ts';

function row(
  name: string,
  firstKey: number,
  lastKey = firstKey,
  step = 1,
  hasSubcommands = false,
): [string, CommandInfo] {
  const none = new Set<string>();
  return [name, { name, flags: none, categories: none, hasSubcommands, firstKey, lastKey, step }];
}
const table = new Map([
  row('set', 1),
  row('del', 1, -1),
  row('mset', 1, -1, 2),
  row('blpop', 1, -2),
  row('ping', 0),
  row('config', 0, 0, 0, true),
  row('config|set', 0),
  row('object', 0, 0, 0, true),
  row('object|encoding', 2),
  row('auth', 0),
  row('migrate', 3),
  row('bitop', 2, -1),
]);

const parse = (line: string) => {
  const parsed = parseMonitorLine(utf8(line), table);
  return parsed === null ? null : [parsed.command, ...parsed.keys.map((key) => Buffer.from(key).toString('latin1'))];
};
const at = '1700000000.123456 [3 127.0.0.1:50123] ';

describe('domain/observability/monitorLine', () => {
  it('reads time, database, client, command and keys', () => {
    const line = parseMonitorLine(utf8(`${at}"SET" "cart:1" "a value" "EX" "10"`), table);
    assert.ok(line !== null && Math.abs(line.atMs - 1_700_000_000_123.456) < 0.001);
    assert.deepEqual([line.db, line.client, line.command], [3, '127.0.0.1:50123', 'set']);
    assert.deepEqual(line.keys, [utf8('cart:1')]);
  });

  it('finds keys by position', () => {
    assert.deepEqual(parse(`${at}"del" "a" "b" "c"`), ['del', 'a', 'b', 'c']);
    assert.deepEqual(parse(`${at}"mset" "a" "1" "b" "2"`), ['mset', 'a', 'b']);
    assert.deepEqual(parse(`${at}"blpop" "a" "b" "0"`), ['blpop', 'a', 'b']);
    assert.deepEqual(parse(`${at}"bitop" "AND" "to" "x" "y"`), ['bitop', 'to', 'x', 'y']);
    assert.deepEqual(parse(`${at}"object" "encoding" "cart:1"`), ['object|encoding', 'cart:1']);
    assert.deepEqual(parse(`${at}"ping"`), ['ping']);
    assert.deepEqual(parse(`${at}"unheard.of" "a"`), ['unheard.of']);
  });

  it('undoes the escapes, to the byte', () => {
    assert.deepEqual(parse(`${at}"set" "a\\"b\\\\" "v"`), ['set', 'a"b\\']);
    assert.deepEqual(parse(`${at}"set" "\\xff\\xfe\\x00" "v"`), ['set', '\xff\xfe\x00']);
    assert.deepEqual(parse(`${at}"set" "\\n\\r\\t\\a\\b ] [" "v"`), ['set', '\n\r\t\x07\b ] [']);
  });

  it('keeps nothing of the AUTH family', () => {
    for (const [words, told] of [
      ['"auth" "u" "hunter2"', 'auth'],
      ['"AUTH" "hunter2"', 'auth'],
      ['"HELLO" "3" "AUTH" "u" "hunter2"', 'hello'],
      ['"config" "set" "requirepass" "hunter2"', 'config|set'],
      ['"CONFIG" "SET" "masterauth" "hunter2"', 'config|set'],
      ['"config" "set" "masteruser" "hunter2"', 'config|set'],
      ['"ACL" "SETUSER" "app" "on" ">hunter2" "<hunter2"', 'acl'],
      ['"SENTINEL" "SET" "shop" "auth-pass" "hunter2"', 'sentinel'],
      ['"migrate" "h" "1" "key" "0" "1" "AUTH" "hunter2"', 'migrate'],
      ['"migrate" "h" "1" "" "0" "1" "AUTH2" "u" "hunter2" "KEYS" "key"', 'migrate'],
    ] as const) {
      assert.deepEqual(parse(at + words), [told]);
    }
  });

  it('knows scripts and sockets as clients, and answers null to other lines', () => {
    assert.equal(parseMonitorLine(utf8('1.5 [0 lua] "set" "a" "1"'), table)?.client, 'lua');
    assert.equal(parseMonitorLine(utf8('1.5 [0 unix:/tmp/r.sock] "set" "a" "1"'), table)?.client, 'unix:/tmp/r.sock');
    for (const line of ['OK', '', 'x [', '1.5 [0 lua]', '[0 lua] "a"', '1.5 [z lua] "a"', '1.5 [0 lua] "a']) {
      assert.equal(parseMonitorLine(utf8(line), table), null);
    }
  });

  it('is total and bounded', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (line) => void parseMonitorLine(line, table)));
    const long = parseMonitorLine(utf8(`${at}"set" "${'k'.repeat(100_000)}" "v"`), table);
    assert.equal(long?.keys[0]?.length, 1024);
    const many = parseMonitorLine(utf8(`${at}"del"${' "k"'.repeat(10_000)}`), table);
    assert.equal(many?.keys.length, 64);
  });
});
