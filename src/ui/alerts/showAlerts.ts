import { commands, window } from 'vscode';
import type { AlertService } from '../../app/alerts/alertService.ts';
import type { WatchedConnections } from '../../app/observability/watched.ts';
import type { Log } from '../../app/ports/environment.ts';
import type { AlertEvent } from '../../domain/alerts/event.ts';
import { displayShort } from '../../domain/display.ts';
import { asFailure } from '../../domain/failure.ts';
import type { CommandId } from '../contributions.ts';
import { AlertEventNode } from '../trees/alertNodes.ts';
import { toastText } from './labels.ts';

export interface ShowAlertsParts {
  readonly service: Pick<AlertService, 'snooze' | 'markRead'>;
  readonly connections: WatchedConnections;
  readonly log: Log;
}

const snoozeMinutes = 60;
/** Until somebody unmutes it. */
export const muteMinutes = 365 * 24 * 60;

/** One message for alerts of one connection; what a person answers is done when they do. */
export function showAlerts(parts: ShowAlertsParts, events: readonly AlertEvent[]): void {
  const [first] = events;
  if (first === undefined) return;
  const summary = parts.connections.views().find((view) => view.summary.uid === first.connectionId)?.summary;
  const text = toastText(events, summary === undefined ? undefined : displayShort(summary.name));
  const acts = actsOf(parts, events, summary?.id);
  window
    .showErrorMessage(text, ...acts.keys())
    .then(async (answer) => (answer === undefined ? undefined : acts.get(answer)?.()))
    .then(undefined, (error: unknown) => parts.log.warn('alert not answered', { code: asFailure(error).code }));
}

function actsOf(
  { service }: ShowAlertsParts,
  events: readonly AlertEvent[],
  connectionId: string | undefined,
): Map<string, () => unknown> {
  const [first] = events;
  const ruleIds = [...new Set(events.flatMap(({ ruleId }) => (ruleId === undefined ? [] : [ruleId])))];
  const read = (): Promise<void> => service.markRead(events.map(({ id }) => id));
  const open = async (): Promise<void> => {
    await read();
    const node =
      first?.ruleId === undefined || events.length > 1 ? undefined : new AlertEventNode(shown(first, connectionId));
    const command: CommandId = node === undefined ? 'cachify.alerts.show' : 'cachify.alerts.openChart';
    await commands.executeCommand(command, node);
  };
  const snooze = (minutes: number) => async (): Promise<void> => {
    await read();
    for (const ruleId of ruleIds) {
      const here = connectionId === undefined || minutes === muteMinutes ? {} : { connectionId };
      await service.snooze({ ruleId, minutes, ...here });
    }
  };
  const acts = new Map<string, () => unknown>([['Open', open]]);
  if (ruleIds.length === 0) return acts;
  acts.set('Snooze 1 h', snooze(snoozeMinutes));
  acts.set(ruleIds.length === 1 ? 'Mute rule' : 'Mute rules', snooze(muteMinutes));
  return acts;
}

function shown(event: AlertEvent, connectionId: string | undefined): AlertEvent {
  return connectionId === undefined ? event : { ...event, connectionId };
}
