import assert from 'node:assert/strict';
import { connectionLabel } from '../../../../src/ui/connections/labels.ts';
import { Failure } from '../../../../src/domain/failure.ts';
import { connectionsRig, userEntry, workspaceEntry } from '../../../support/connectionsRig.ts';

const dev = { id: 'dev', name: 'Shop dev', host: 'localhost', environment: 'dev' };
const prod = { id: 'prod', name: 'Shop prod', host: 'db', environment: 'prod' };

describe('connectionLabel', () => {
  it('says where a ready connection leads, and what it may', async () => {
    const rig = connectionsRig([userEntry(dev), userEntry(prod)]);
    await rig.service.connect('dev');
    await rig.service.connect('prod');
    const label = connectionLabel(rig.service.view('dev'));
    assert.equal(label.label, 'Shop dev');
    assert.equal(label.description, 'localhost:6379 · db 0');
    assert.equal(label.contextValue, 'connection ready');
    assert.match(label.tooltip, /Redis 7\.0\.15, standalone, master, user default/);
    const locked = connectionLabel(rig.service.view('prod'));
    assert.equal(locked.description, 'PROD · db:6379 · db 0 · read-only');
    assert.equal(locked.contextValue, 'connection ready locked');
    assert.equal(locked.spoken, 'Shop prod, production, connected, read-only');
    await rig.service.unlock('prod', { reason: 'INC-204 cart' });
    const unlocked = connectionLabel(rig.service.view('prod'));
    assert.equal(unlocked.icon, 'unlock');
    assert.equal(unlocked.contextValue, 'connection ready unlocked');
  });

  it('matches the when clauses of the manifest', () => {
    assert.match('connection ready locked', /\bconnection\b.*\bready\b.*\blocked\b/);
    assert.doesNotMatch('connection ready unlocked', /\bconnection\b.*\bready\b.*\blocked\b/);
  });

  it('shows every other state, the cause of a failure, and a broken entry', async () => {
    const rig = connectionsRig([userEntry(dev), userEntry({ ...prod, prot: 1 })]);
    assert.equal(connectionLabel(rig.service.view('dev')).description, 'not connected');
    await rig.service.connect('dev');
    rig.sessions[0]?.become({ kind: 'reconnecting', attempt: 3, nextInMs: 2000 });
    assert.equal(connectionLabel(rig.service.view('dev')).description, 'reconnecting, attempt 3, next in 2 s');
    rig.sessions[0]?.become({ kind: 'closed', cause: new Failure('UNAUTHORIZED', 'The user changed.') });
    assert.equal(connectionLabel(rig.service.view('dev')).description, 'The user changed.');
    const broken = connectionLabel(rig.service.view('prod'));
    assert.equal(broken.icon, 'error');
    assert.match(broken.tooltip, /prot is not a field/);
  });

  it('marks what waits for approval', () => {
    const rig = connectionsRig([workspaceEntry({ ...prod, readOnly: false })]);
    const label = connectionLabel(rig.service.view('prod'));
    assert.equal(label.description, 'PROD · not connected · read-only · review needed');
    assert.equal(label.contextValue, 'connection disconnected locked held');
    assert.match(label.tooltip, /Waits for your approval: allows writes to a connection that counts as production/);
  });
});
