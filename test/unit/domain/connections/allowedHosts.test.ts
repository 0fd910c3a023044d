import assert from 'node:assert/strict';
import { entryAllows } from '../../../../src/domain/connections/allowedHosts.ts';

describe('allowed hosts', () => {
  const rows: [entry: string, host: string, port: number, allowed: boolean][] = [
    ['redis.example.com', 'REDIS.example.com', 1, true],
    ['redis.example.com', 'evil.example.com', 1, false],
    ['*.example.com', 'a.b.example.com', 1, true],
    ['*.example.com', 'example.com', 1, false],
    ['*.example.com', 'example.com.evil.org', 1, false],
    ['node-*.example.com', 'node-7.example.com', 1, true],
    ['a*a', 'a', 1, false],
    ['*', '10.0.0.1', 1, false],
    ['10.0.0.0/8', '10.255.0.1', 1, true],
    ['10.0.0.0/8', '11.0.0.1', 1, false],
    ['10.0.0.0/33', '10.0.0.1', 1, false],
    ['10.0.0.0/8', '10.evil.com', 1, false],
    ['0.0.0.0/0', '8.8.8.8', 1, true],
    ['127.0.0.1', '127.0.0.1', 9, true],
    ['127.0.0.1:7001', '127.0.0.1', 7001, true],
    ['127.0.0.1:7001', '127.0.0.1', 7002, false],
    ['::1', '::1', 1, true],
    ['[::1]:7001', '::1', 7001, true],
    ['', '', 1, true],
    ['', 'x', 1, false],
  ];
  for (const [entry, host, port, allowed] of rows) {
    it(`${entry} ${allowed ? 'allows' : 'does not allow'} ${host}:${port}`, () => {
      assert.equal(entryAllows(entry, host, port), allowed);
    });
  }
});
