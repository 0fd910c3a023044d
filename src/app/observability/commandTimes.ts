import type { CommandTimes } from '../../domain/observability/commandTimes.ts';
import { stepSeconds } from '../../domain/observability/series.ts';
import { windowMs } from '../../domain/observability/window.ts';
import type { Settings } from '../ports/environment.ts';
import type { HistoryStore, TimeWindow } from '../ports/stores.ts';
import { findConnection, type WatchedConnections } from './watched.ts';

const maxSlots = 120;
const mostCommands = 12;
const drawnCommands = 4;

/** What a server spent its time on, by its own counters. @throws Failure VALIDATION_ERROR */
export function commandTimes(
  parts: {
    readonly history: Pick<HistoryStore, 'commandTimes'>;
    readonly connections: WatchedConnections;
    readonly settings: Pick<Settings, 'number'>;
  },
  request: TimeWindow & { readonly connectionId: string },
): Promise<CommandTimes> {
  const { fromMs, toMs } = windowMs(request);
  const { uid } = findConnection(parts.connections, request.connectionId);
  const stepMs = stepSeconds(toMs - fromMs, parts.settings.number('observability.sampleSeconds'), maxSlots) * 1000;
  return parts.history.commandTimes({
    from: request.from,
    to: request.to,
    connectionId: uid,
    stepMs,
    most: mostCommands,
    courses: drawnCommands,
  });
}
