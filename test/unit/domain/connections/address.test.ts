import assert from 'node:assert/strict';
import { readAddress, splitNode } from '../../../../src/domain/connections/address.ts';
import { Problems } from '../../../../src/domain/connections/fields.ts';

describe('readAddress', () => {
  const readable: [string, unknown][] = [
    ['localhost', { tls: false, host: 'localhost' }],
    [' DB.example:6380 ', { tls: false, host: 'db.example', port: 6380 }],
    ['[::1]:7000', { tls: false, host: '::1', port: 7000 }],
    ['fe80::1', { tls: false, host: 'fe80::1' }],
    ['/run/redis.sock', { tls: false, socketPath: '/run/redis.sock' }],
    ['rediss://u:p%40x@h/2', { tls: true, host: 'h', username: 'u', password: 'p@x', db: 2 }],
    ['redis://:p@ss@h', { tls: false, host: 'h', password: 'p@ss' }],
    ['redis://user@h', { tls: false, host: 'h', username: 'user' }],
  ];
  for (const [typed, expected] of readable) {
    it(`reads ${typed.trim()}`, () => {
      const problems = new Problems();
      assert.deepEqual(readAddress(typed, 'address', problems), expected, JSON.stringify(problems.found));
    });
  }

  for (const typed of [
    '',
    'a b',
    'h:x',
    'h:0',
    'h:70000',
    'http://h',
    'redis://h/x',
    'redis://h#x',
    '[::1',
    'h:1:2:z',
  ]) {
    it(`refuses ${JSON.stringify(typed)}`, () => {
      const problems = new Problems();
      assert.equal(readAddress(typed, 'address', problems), undefined);
      assert.equal(problems.found[0]?.path, 'address');
    });
  }
});

describe('splitNode', () => {
  it('needs a port', () => {
    assert.deepEqual(splitNode('a:1'), { host: 'a', port: 1 });
    assert.deepEqual(splitNode('[::1]:7000'), { host: '::1', port: 7000 });
    for (const node of ['a', 'a:', ':1', 'a:0', 'a:99999', '::1:7000', 'a b:1'])
      assert.equal(splitNode(node), null, node);
  });
});
