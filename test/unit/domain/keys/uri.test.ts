import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { addressOf, pathOf, requireAddress, sameAddress, uriOf } from '../../../../src/domain/keys/uri.ts';
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
          const back = addressOf(pathOf(address));
          assert.ok(back !== null && sameAddress(back, address));
          const path = uriOf(address).slice('cachify:'.length).split('/').map(decodeURIComponent).join('/');
          assert.equal(path, pathOf(address));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is another document for another uid, and the same for another way of naming the connection', () => {
    const address = { connectionUid: 'a', connectionId: 'shop', db: 0, key: utf8('cart:1') };
    assert.ok(!sameAddress(address, { ...address, connectionUid: 'b' }));
    assert.notEqual(pathOf(address), pathOf({ ...address, connectionUid: 'b' }));
    assert.ok(sameAddress(address, { ...address, connectionId: 'other words' }));
  });

  it('shows a name that is one safe segment', () => {
    fc.assert(
      fc.property(fc.oneof(bytesArb, fc.uint8Array({ maxLength: 300 })), (key) => {
        const name = pathOf({ connectionUid: 'u', connectionId: 'c', db: 0, key }).split('/').at(-1) ?? '';
        assert.match(name, /^[^./\\?#%<>$\p{C}][^/\\?#%<>$\p{C}]*\.redis-value$/u);
        assert.ok(name.length < 120);
      }),
      { numRuns: 2000 },
    );
    assert.equal(
      pathOf({ connectionUid: '3f9a', connectionId: 'shop-dev', db: 0, key: utf8('cart:1') }),
      '/shop-dev/3f9a/db0/Y2FydDox/cart:1.redis-value',
    );
    assert.equal(
      pathOf({ connectionUid: 'u', connectionId: 'c', db: 2, key: utf8('') }),
      '/c/u/db2/~/(empty).redis-value',
    );
    assert.equal(
      pathOf({ connectionUid: 'u', connectionId: 'c', db: 0, key: utf8('../../etc') }),
      '/c/u/db0/Li4vLi4vZXRj/__.._etc.redis-value',
    );
  });

  it('refuses what no key could have given', () => {
    for (const path of [
      '',
      '/',
      '/c/db0/YQ/a',
      '/c/u/db0/YQ',
      '/c/u/dbx/YQ/a',
      '/c/u/db0/YR/a',
      '/c/u/db0/Y/a',
      '/c/u/db0/YQ==/a',
      '/c/u/db0/YQ/x/y/a',
    ]) {
      assert.equal(addressOf(path), null, path);
    }
    assert.throws(() => requireAddress('/nonsense'), { code: 'VALIDATION_ERROR' });
  });
});
