import { isoAt } from '../ports/clock.ts';
import type { AlertStore } from '../ports/alerts.ts';
import type { PinSource } from '../ports/pins.ts';

/** What led to an alert belongs to it. */
const beforeMs = 15 * 60_000;
const mostEvents = 10_000;
/** Later than any row. */
const never = '9999-12-31T00:00:00.000Z';

/** Alerts that are not over keep the events and samples of their connection, from a quarter of an hour before. */
export function openAlerts(store: Pick<AlertStore, 'events'>): PinSource {
  return {
    async pins() {
      const events = await store.events({ limit: mostEvents });
      return events.flatMap(({ title, episodeFrom, episodeTo, connectionId }) => {
        if (episodeFrom === undefined || episodeTo !== undefined) return [];
        const window = { from: isoAt(Date.parse(episodeFrom) - beforeMs), to: never };
        const windows = [connectionId === undefined ? window : { ...window, connectionIds: [connectionId] }];
        return [{ reason: 'openAlert' as const, label: `Alert: ${title}`, windows }];
      });
    },
  };
}
