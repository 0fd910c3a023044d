import type { HistoryStore, StoreScope, TimeWindow } from '../../../../app/ports/stores.ts';
import type { ObservabilitySnapshot } from '../../../../domain/observability/snapshot.ts';
import type { PortCalls, StoreOwnCalls } from '../../messages.ts';
import { periodOperations } from '../periodOperations.ts';
import { connectionRecords } from '../repositories/connectionRecords.ts';
import { deleteEventsBefore } from '../repositories/historyEvents.ts';
import { operationBuckets } from '../repositories/operationRollups.ts';
import { addActivity } from '../repositories/patternRollups.ts';
import { sampleAt } from '../sampleAt.ts';
import { storedActivity } from '../storedActivity.ts';
import { storedCommandTimes } from '../storedCommandTimes.ts';
import { storedSampleCourse, storedSamples } from '../storedSamples.ts';
import { searchStep, timelinePage } from '../timelinePages.ts';
import { isoMs } from '../windows.ts';
import type { Handlers, StoreParts } from './handlers.ts';

type HistoryCalls = PortCalls<'history', Omit<HistoryStore, 'search'>> &
  Pick<StoreOwnCalls, 'history.searchStep' | 'history.deleteEventsBefore'>;

const mostSamples = 10_000;

export function historyHandlers(parts: StoreParts): Handlers<HistoryCalls> {
  const { history, telemetry } = parts;
  /** Reads see what was written before them, also what still waits for its group. */
  const reading = async <T>(read: () => T): Promise<T> => {
    await telemetry.settled();
    return read();
  };
  return {
    'history.append': (events) => telemetry.add(events, []),
    'history.appendSamples': (samples) => telemetry.add([], samples),
    'history.timeline': (query) => reading(() => timelinePage(history, query)),
    'history.searchStep': (query, after) => reading(() => searchStep(history, query, after)),
    'history.samples': (query) => reading(() => samplesOf(parts, query)),
    'history.sampleCourse': (query) => reading(() => storedSampleCourse(history, query)),
    'history.operations': (query) => reading(() => operationBuckets(history.read(), query)),
    'history.commandTimes': (query) => reading(() => storedCommandTimes(history, query)),
    'history.sampleAt': (query) => reading(() => sampleAt(history, query)),
    'history.families': (query) => reading(() => periodOperations(history, query)),
    'history.activity': (query) => reading(() => storedActivity(history, query)),
    'history.appendActivity': (record) => history.commit((tx) => addActivity(tx, record)),
    'history.deleteEventsBefore': async (before) => {
      await telemetry.flush();
      await history.commit((tx) => deleteEventsBefore(tx, history.eventParts('history_events'), isoMs(before)), true);
    },
    'history.flush': () => telemetry.flush(),
  };
}

function samplesOf({ control, history }: StoreParts, given: TimeWindow & StoreScope): readonly ObservabilitySnapshot[] {
  const { environments, connectionIds } = given;
  const ofEnvironment =
    environments === undefined
      ? undefined
      : new Set(
          connectionRecords(control.read())
            .filter((r) => environments.includes(r.environment))
            .map((r) => r.uid),
        );
  const query = { ...given, from: isoMs(given.from), to: isoMs(given.to) };
  const ids =
    ofEnvironment === undefined
      ? connectionIds
      : (connectionIds ?? [...ofEnvironment]).filter((id) => ofEnvironment.has(id));
  const scoped = { from: query.from, to: query.to, ...(ids === undefined ? {} : { connectionIds: ids }) };
  return storedSamples(history, scoped, mostSamples);
}
