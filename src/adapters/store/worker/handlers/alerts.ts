import type { AlertStore } from '../../../../app/ports/alerts.ts';
import type { PortCalls } from '../../messages.ts';
import { alertEvents, markAlertsRead, raiseAlert } from '../repositories/alertEvents.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function alertHandlers({ control }: StoreParts): Handlers<PortCalls<'alerts', AlertStore>> {
  return {
    'alerts.raise': (event, sameSince) => control.commit((tx) => raiseAlert(tx, event, sameSince)),
    'alerts.events': (query) => alertEvents(control.read(), query),
    'alerts.markRead': (ids) => control.commit((tx) => markAlertsRead(tx, ids)),
  };
}
