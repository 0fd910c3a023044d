import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { parseSlowlog } from '../../../../src/domain/observability/slowlog.ts';
import type { CommandInfo } from '../../../../src/domain/redis/classify.ts';
import type { RedisReply } from '../../../../src/domain/redis/command.ts';

function info(name: string, firstKey: number): [string, CommandInfo] {
  const none = new Set<string>();
  return [name, { name, flags: none, categories: none, hasSubcommands: false, firstKey, lastKey: firstKey, step: 1 }];
}
const table = new Map([info('set', 1), info('get', 1), info('config|set', 0), info('ping', 0)]);

const entry = (id: number, args: string[]): RedisReply => [
  id,
  1_700_000_000,
  12_345,
  args.map(utf8),
  utf8('127.0.0.1:5000'),
  utf8('web-1'),
];

describe('domain/observability/slowlog', () => {
  it('keeps the command and its key, never a value', () => {
    const [set, config] = parseSlowlog(
      [entry(7, ['SET', 'cart:1', 'secret value']), entry(6, ['CONFIG', 'SET', 'requirepass', 'hunter2'])],
      table,
    );
    assert.deepEqual(set, {
      id: 7,
      atMs: 1_700_000_000_000,
      durationMs: 12.345,
      command: 'SET',
      key: 'cart:1',
      argumentCount: 2,
      client: '127.0.0.1:5000 web-1',
    });
    assert.equal(config?.command, 'CONFIG SET');
    assert.doesNotMatch(JSON.stringify([set, config]), /secret|hunter2/);
  });

  it('is total and bounded', () => {
    assert.deepEqual(parseSlowlog(null, table), []);
    assert.deepEqual(parseSlowlog([1, null, [1, 2], [1, 2, 3, [5]]], table), []);
    assert.equal(
      parseSlowlog(
        Array.from({ length: 500 }, (_, i) => entry(i, ['PING'])),
        table,
      ).length,
      128,
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        assert.ok(Array.isArray(parseSlowlog(json as RedisReply, table)));
      }),
    );
  });
});
