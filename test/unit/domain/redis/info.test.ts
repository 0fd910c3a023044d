import assert from 'node:assert/strict';
import fc from 'fast-check';
import { infoNumber, infoParts, parseClientLine, parseInfo } from '../../../../src/domain/redis/info.ts';

describe('INFO', () => {
  it('reads fields, numbers and parts', () => {
    const fields = parseInfo(
      '# Server\r\nredis_version:7.0.15\r\nuptime:12\r\nratio:0.5\r\ndb0:keys=3,expires=1\r\nodd:a:b\r\nno colon',
    );
    assert.equal(fields.get('redis_version'), '7.0.15');
    assert.equal(fields.get('odd'), 'a:b');
    assert.equal(infoNumber(fields, 'uptime'), 12);
    assert.equal(infoNumber(fields, 'ratio'), 0.5);
    assert.equal(infoNumber(fields, 'redis_version'), null);
    assert.equal(infoNumber(fields, 'absent'), null);
    assert.equal(infoParts(fields.get('db0')).get('keys'), '3');
    assert.equal(fields.size, 5);
  });

  it('keeps names like __proto__ as data, and the first of equal names', () => {
    const fields = parseInfo('__proto__:1\r\nconstructor:2\r\na:1\r\na:2\r\n');
    assert.deepEqual(
      [...fields],
      [
        ['__proto__', '1'],
        ['constructor', '2'],
        ['a', '1'],
      ],
    );
  });

  it('reads a line of CLIENT INFO', () => {
    const fields = parseClientLine('id=7 addr=127.0.0.1:1 name= db=3 user=app\n');
    assert.equal(fields.get('db'), '3');
    assert.equal(fields.get('user'), 'app');
    assert.equal(fields.get('name'), '');
  });

  it('is total and bounded for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        for (const [name, value] of parseInfo(bytes)) assert.ok(name.length + value.length <= 4096);
      }),
    );
    assert.ok(
      parseInfo('a:1\n'.repeat(1) + Array.from({ length: 20_000 }, (_, i) => `f${i}:1`).join('\n')).size <= 10_000,
    );
    const broken = Buffer.concat([Buffer.from('a:1\nname:'), Buffer.from([0xff, 0xfe]), Buffer.from('\nb:2\n')]);
    assert.equal(parseInfo(broken).get('b'), '2');
  });
});
