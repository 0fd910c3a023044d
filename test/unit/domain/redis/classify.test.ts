import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bundledCommandTable, withBundledSubcommands } from '../../../../src/domain/redis/bundledCommands.ts';
import { classify, keysOf, safeMeta, type CommandInfo } from '../../../../src/domain/redis/classify.ts';
import type { RedisCommand } from '../../../../src/domain/redis/command.ts';

const table = bundledCommandTable();

function command(line: string): RedisCommand {
  const [name = '', ...args] = line.split(' ');
  return [name, ...args];
}

function info(name: string, flags: string[], categories: string[] = [], over: Partial<CommandInfo> = {}): CommandInfo {
  return {
    name,
    flags: new Set(flags),
    categories: new Set(categories),
    hasSubcommands: false,
    firstKey: 0,
    lastKey: 0,
    step: 0,
    ...over,
  };
}

describe('classification of commands', () => {
  it('lets reads be reads', () => {
    for (const line of [
      'GET k',
      'get k',
      'HGETALL h',
      'SCAN 0',
      'DUMP k',
      'MEMORY USAGE k',
      'object ENCODING k',
      'CONFIG GET maxmemory',
      'CLIENT LIST',
      'INFO',
      'COMMAND',
      'COMMAND DOCS get',
      'XINFO STREAM s',
      'SLOWLOG GET 10',
      'EVAL_RO return 0',
      'XREAD COUNT 1 STREAMS s 0',
      'DBSIZE',
    ]) {
      const found = classify(command(line), table);
      assert.deepEqual([found.write, found.dangerous, found.refused], [false, false, undefined], line);
    }
  });

  it('takes writes, scripts, administration and the unknown for writes', () => {
    const writes: [string, boolean][] = [
      ['SET k v', false],
      ['EXPIRE k 1', false],
      ['SORT k STORE d', true],
      ['BITFIELD k GET u8 0', false],
      ['DEL k', true],
      ['UNLINK k', true],
      ['RENAME a b', true],
      ['EVAL x 0', true],
      ['FCALL f 0', true],
      ['CONFIG SET a b', true],
      ['SHUTDOWN', true],
      ['SCRIPT FLUSH', true],
      ['CLIENT KILL 1', true],
      ['RESTORE k 0 x', true],
      ['NO.SUCH x', true],
      ['CONFIG', true],
      ['CONFIG NOSUCH', true],
      ['MEMORY PURGE', false],
      ['PUBLISH c m', false],
    ];
    for (const [line, dangerous] of writes) {
      const found = classify(command(line), table);
      assert.deepEqual([found.write, found.dangerous], [true, dangerous], line);
    }
  });

  it('refuses what would break the connection, the server or the rule', () => {
    for (const line of [
      'MULTI',
      'SUBSCRIBE c',
      'monitor',
      'SELECT 1',
      'AUTH x',
      'HELLO 3',
      'CLIENT REPLY OFF',
      'FLUSHALL',
      'flushdb ASYNC',
      'KEYS *',
      'BLPOP l 0',
      'XREAD BLOCK 0 STREAMS s $',
    ]) {
      assert.ok(classify(command(line), table).refused, line);
    }
  });

  it('reads a subcommand from bytes, and does not trust a safe name that was given to a write', () => {
    assert.equal(classify(['CONFIG', Buffer.from('GET'), 'x'], table).name, 'config|get');
    assert.equal(classify(['CONFIG', Uint8Array.of(0xff)], table).known, true);
    assert.equal(classify(['CONFIG', Uint8Array.of(0xff)], table).dangerous, true);
    const renamed = new Map([['ping', info('ping', ['write'], ['@write', '@dangerous'])]]);
    assert.deepEqual([classify(['PING'], renamed).write, classify(['PING'], renamed).dangerous], [true, true]);
  });

  it('knows the subcommands of servers before 7', () => {
    const old = withBundledSubcommands(
      new Map([
        ['config', info('config', ['admin', 'noscript'], ['@admin', '@dangerous'])],
        ['memory', info('memory', ['readonly'], [], { firstKey: 2, lastKey: 2, step: 1 })],
        ['get', info('get', ['readonly'], ['@read'], { firstKey: 1, lastKey: 1, step: 1 })],
      ]),
    );
    assert.equal(classify(command('CONFIG GET x'), old).write, false);
    assert.equal(classify(command('CONFIG SET x y'), old).dangerous, true);
    assert.equal(classify(command('MEMORY USAGE k'), old).write, false);
    assert.equal(classify(command('SET k v'), old).known, false);
  });

  it('hand-lists at most 60 leaves', () => {
    assert.ok(safeMeta.size <= 60, `${safeMeta.size}`);
    for (const name of safeMeta) assert.ok(table.has(name), name);
  });

  it('is total, and never lets an unknown command read', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.oneof(fc.string(), fc.uint8Array())), (name, args) => {
        const found = classify([name, ...args], table);
        if (!found.known && !safeMeta.has(found.name)) assert.deepEqual([found.write, found.dangerous], [true, true]);
      }),
    );
  });

  it('finds the keys of a command', () => {
    assert.deepEqual(keysOf(command('GET k'), table), ['k']);
    assert.deepEqual(keysOf(command('MSET a 1 b 2'), table), ['a', 'b']);
    assert.deepEqual(keysOf(command('DEL a b c'), table), ['a', 'b', 'c']);
    assert.deepEqual(keysOf(command('MEMORY USAGE k SAMPLES 5'), table), ['k']);
    assert.deepEqual(keysOf(command('EVAL x 1 k'), table), []);
    assert.deepEqual(keysOf(command('PING'), table), []);
  });
});
