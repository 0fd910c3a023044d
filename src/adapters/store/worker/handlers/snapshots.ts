import type { SnapshotStore } from '../../../../app/ports/stores.ts';
import type { PortCalls } from '../../messages.ts';
import {
  addKeySnapshots,
  keySnapshot,
  keySnapshotBytes,
  listKeySnapshots,
  removeKeySnapshots,
} from '../repositories/keySnapshots.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function snapshotHandlers({ control }: StoreParts): Handlers<PortCalls<'snapshots', SnapshotStore>> {
  return {
    'snapshots.add': (snapshots) => control.commit((tx) => addKeySnapshots(tx, snapshots)),
    'snapshots.list': (query) => listKeySnapshots(control.read(), query),
    'snapshots.get': (id) => keySnapshot(control, id),
    'snapshots.usedBytes': (connectionId) => keySnapshotBytes(control.read(), connectionId),
    'snapshots.remove': (ids) => control.commit((tx) => removeKeySnapshots(tx, control, ids), true),
  };
}
