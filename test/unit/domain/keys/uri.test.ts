import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { addressOf, placeOf, requireAddress, sameAddress, uriOf } from '../../../../src/domain/keys/uri.ts';
import { bytesArb } from '../../../support/contents.ts';

const uidArb = fc.stringMatching(/^[0-9a-f]{32}$/);
const idArb = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);

describe('address of a key', () => {
  it('comes back from its path and from its URI, for any bytes', () => {
    fc.assert(
      fc.property(
        uidArb,
        idArb,
        fc.nat(15),
        fc.oneof(bytesArb, fc.uint8Array({ maxLength: 300 })),
        fc.option(fc.uuid(), { nil: undefined }),
        (connectionUid, connectionId, db, key, snapshotId) => {
          const address = { connectionUid, connectionId, db, key, ...(snapshotId === undefined ? {} : { snapshotId }) };
          const back = addressOf(placeOf(address));
          assert.ok(back !== null && sameAddress(back, address));
          const [path = '', query = ''] = uriOf(address).slice('cachify:'.length).split('?');
          const decoded = path.split('/').map(decodeURIComponent).join('/');
          assert.deepEqual({ path: decoded, query }, placeOf(address));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is another document for another uid, and the same for another way of naming the connection', () => {
    const address = { connectionUid: 'a', connectionId: 'shop', db: 0, key: utf8('cart:1') };
    assert.ok(!sameAddress(address, { ...address, connectionUid: 'b' }));
    assert.notEqual(uriOf(address), uriOf({ ...address, connectionUid: 'b' }));
    assert.ok(sameAddress(address, { ...address, connectionId: 'other words' }));
  });

  it('shows a name that is one safe segment', () => {
    fc.assert(
      fc.property(fc.oneof(bytesArb, fc.uint8Array({ maxLength: 300 })), (key) => {
        const { path } = placeOf({ connectionUid: 'u', connectionId: 'c', db: 0, key });
        const name = path.split('/').at(-1) ?? '';
        assert.match(name, /^[^./\\?#%<>$\p{C}][^/\\?#%<>$\p{C}]*\.redis-value$/u);
        assert.ok(name.length < 120);
      }),
      { numRuns: 2000 },
    );
    const own = { connectionUid: '3f9a', connectionId: 'shop-dev', db: 2 };
    assert.deepEqual(placeOf({ ...own, key: utf8('cart:1') }), {
      path: '/shop-dev/cart:1.redis-value',
      query: 'uid=3f9a&db=2&key=Y2FydDox',
    });
    assert.deepEqual(placeOf({ ...own, key: utf8(''), snapshotId: '7-a' }), {
      path: '/shop-dev/previous/(empty).redis-value',
      query: 'uid=3f9a&db=2&key=~&snapshot=7-a',
    });
    assert.equal(placeOf({ ...own, key: utf8('../../etc') }).path, '/shop-dev/__.._etc.redis-value');
  });

  it('refuses what no key could have given', () => {
    const path = '/c/a.redis-value';
    const query = 'uid=u&db=0&key=YQ';
    assert.ok(addressOf({ path, query }) !== null);
    for (const wrong of ['', '/', '/c', '/c/x/y/a', '/c/x/a'])
      assert.equal(addressOf({ path: wrong, query }), null, wrong);
    for (const wrong of [
      '',
      'uid=u&db=0',
      'uid=u&db=x&key=YQ',
      'uid=u&db=0&key=YR',
      'uid=u&db=0&key=Y',
      'uid=u&db=0&key=YQ==',
      'uid=&db=0&key=YQ',
      'uid=u&db=0&key=YQ&snapshot=a/b',
    ]) {
      assert.equal(addressOf({ path, query: wrong }), null, wrong);
    }
    assert.throws(() => requireAddress({ path: '/nonsense', query: '' }), { code: 'VALIDATION_ERROR' });
  });
});
