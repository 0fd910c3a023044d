import assert from 'node:assert/strict';
import { countdown, statusText } from '../../../../src/ui/connections/statusText.ts';
import { connectionsRig, userEntry } from '../../../support/connectionsRig.ts';

const dev = { id: 'dev', name: 'Shop dev', host: 'localhost', environment: 'dev' };
const prod = { id: 'prod', name: 'Shop prod', host: 'db', environment: 'prod' };

describe('statusText', () => {
  it('says nothing while no connection is in use', () => {
    const rig = connectionsRig([userEntry(dev)]);
    assert.equal(statusText(undefined, 0), undefined);
    assert.equal(statusText(rig.service.view('dev'), 0), undefined);
  });

  it('names environment, connection and lock, with one icon; only production warns', async () => {
    const rig = connectionsRig([userEntry(dev), userEntry(prod)]);
    await rig.service.connect('dev');
    const plain = statusText(rig.service.current(), 0);
    assert.equal(plain?.text, '$(database) DEV · Shop dev');
    assert.equal(plain.warns, false);
    await rig.service.connect('prod');
    const locked = statusText(rig.service.current(), 0);
    assert.equal(locked?.text, '$(lock) PROD · Shop prod · read-only');
    assert.equal(locked.warns, true);
    await rig.service.unlock('prod', { reason: 'INC-204 cart' });
    assert.equal(statusText(rig.service.current(), 872_000)?.text, '$(unlock) PROD · Shop prod · unlocked 14:32');
    rig.sessions[1]?.become({ kind: 'reconnecting', attempt: 1, nextInMs: 50 });
    const away = statusText(rig.service.current(), 1);
    assert.equal(away?.text, '$(sync~spin) PROD · Shop prod · reconnecting · unlocked 0:01');
  });
});

describe('a name that looks like an icon', () => {
  it('stays text', async () => {
    const rig = connectionsRig([userEntry({ ...dev, name: '$(flame) prod' })]);
    await rig.service.connect('dev');
    assert.equal(statusText(rig.service.current(), 0)?.text, '$(database) DEV · \\$(flame) prod');
  });
});

describe('countdown', () => {
  it('counts whole seconds, up', () => {
    assert.deepEqual([0, 1, 999, 60_000, 899_001, 7_200_000].map(countdown), [
      '0:00',
      '0:01',
      '0:01',
      '1:00',
      '15:00',
      '120:00',
    ]);
  });
});
