import type { RetentionStore } from '../../../../app/ports/retention.ts';
import type { PortCalls } from '../../messages.ts';
import {
  retentionState,
  savedPolicies,
  saveRetentionPolicy,
  saveRetentionState,
  saveUsageDay,
} from '../repositories/retentionPolicies.ts';
import { deleteAll } from '../retention/deleteAll.ts';
import { trimRollups } from '../retention/rollups.ts';
import { RetentionDesk } from '../retention/retentionDesk.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function retentionHandlers(parts: StoreParts): Handlers<PortCalls<'retention', RetentionStore>> {
  const { control, history, telemetry } = parts;
  const desk = new RetentionDesk(parts);
  return {
    'retention.policies': () => savedPolicies(control.read()),
    'retention.savePolicy': (policy) => control.commit((tx) => saveRetentionPolicy(tx, policy)),
    'retention.usage': (query) => desk.usage(query),
    'retention.noteDay': (day, used) => control.commit((tx) => saveUsageDay(tx, day, used)),
    'retention.plan': (request) => desk.plan(request),
    'retention.begin': (query) => desk.begin(query),
    'retention.step': (purgeId) => desk.step(purgeId),
    'retention.undoStep': (purgeId) => desk.undoStep(purgeId),
    'retention.sweepStep': (query) => desk.sweepStep(query),
    'retention.purges': () => desk.purges(),
    'retention.giveBack': async (diskIsFull) => {
      await history.giveBack(diskIsFull);
      await control.giveBack(diskIsFull);
    },
    'retention.trimRollups': (before) => history.commit((tx) => trimRollups(tx, before), true),
    'retention.reset': async () => {
      await telemetry.flush();
      await history.commit((tx) => deleteAll(tx, history), true);
      await control.commit((tx) => deleteAll(tx, control), true);
    },
    'retention.state': (name) => retentionState(control.read(), name),
    'retention.saveState': (name, value) => control.commit((tx) => saveRetentionState(tx, name, value)),
  };
}
