import { isoTime } from '../../../../app/ports/clock.ts';
import type { ConnectionRecordStore } from '../../../../app/ports/stores.ts';
import type { PortCalls } from '../../messages.ts';
import { connectionRecords, saveConnectionRecord } from '../repositories/connectionRecords.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function connectionHandlers({
  control,
  clock,
}: StoreParts): Handlers<PortCalls<'connections', ConnectionRecordStore>> {
  return {
    'connections.save': (record) => control.commit((tx) => saveConnectionRecord(tx, record, isoTime(clock))),
    'connections.list': () => connectionRecords(control.read()),
  };
}
