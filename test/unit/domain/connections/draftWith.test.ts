import assert from 'node:assert/strict';
import { draftWith } from '../../../../src/domain/connections/draftWith.ts';

describe('draftWith', () => {
  const rows: [string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>][] = [
    ['keeps what is not named', { id: 'a', db: 1 }, { name: 'B' }, { id: 'a', db: 1, name: 'B' }],
    ['removes by null', { id: 'a', db: 1 }, { db: null }, { id: 'a' }],
    ['replaces a host by a URL', { id: 'a', host: 'h', port: 1 }, { url: 'redis://x' }, { id: 'a', url: 'redis://x' }],
    ['replaces a URL by a host', { id: 'a', url: 'redis://x' }, { host: 'h' }, { id: 'a', host: 'h' }],
    ['keeps the port with a new host', { host: 'h', port: 1 }, { host: 'i' }, { port: 1, host: 'i' }],
    ['replaces a host by a socket', { host: 'h', port: 1 }, { socketPath: '/s' }, { socketPath: '/s' }],
    [
      'writes a URL out when a part of it changes',
      { id: 'a', url: 'rediss://app@h:6380/2' },
      { db: 3 },
      { id: 'a', host: 'h', port: 6380, username: 'app', tls: { enabled: true }, db: 3 },
    ],
    ['takes TLS away from a URL', { url: 'rediss://h' }, { tls: null }, { host: 'h' }],
    ['leaves a URL alone otherwise', { url: 'redis://h/1' }, { name: 'N' }, { url: 'redis://h/1', name: 'N' }],
  ];
  for (const [what, before, changes, expected] of rows) {
    it(what, () => assert.deepEqual(draftWith(before, changes), expected));
  }

  it('takes anything as the entry before', () => {
    for (const before of [null, [], 'x', 7]) assert.deepEqual(draftWith(before, { id: 'a' }), { id: 'a' });
  });
});
