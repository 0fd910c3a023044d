import type { VNode } from 'preact';
import { formatDuration } from '../../src/domain/format.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { Notice } from '../ui/notice.tsx';
import { EventStatusMark } from './eventStatus.tsx';
import { lookAt, tab } from './model.ts';
import { slowest, slowestFailure } from './slowestModel.ts';
import { detailsOpen, selectedId } from './timelineModel.ts';
import { localTime, utcText } from './times.ts';

/** The slowest of our recent operations; each leads to its place in the timeline. */
export function SlowOperations(): VNode | null {
  const events = slowest.value;
  const failure = slowestFailure.value;
  if (failure !== null) {
    return (
      <Notice kind="error">
        {failure.message} {failure.nextAction}
      </Notice>
    );
  }
  if (events === null) return null;
  return (
    <section class="slow">
      <h2>
        Slowest operations{' '}
        <span class="muted slow-note">ours; what took less than 100 ms only among the newest 1,000</span>
      </h2>
      {events.length === 0 ? (
        <p class="muted slow-empty">
          Nothing was done in this range. Open a key, for example, and the time that it took stands here.
        </p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col" class="cell-end">
                Took
              </th>
              <th scope="col">Time</th>
              <th scope="col">Outcome</th>
              <th scope="col">Action</th>
              <th scope="col">Key or pattern</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <SlowRow key={event.id} event={event} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function SlowRow({ event }: { readonly event: HistoryEvent }): VNode {
  return (
    <tr>
      <td class="cell-end">{formatDuration(event.durationMs)}</td>
      <td class="number" title={utcText(event.timestamp)}>
        {localTime(event.timestamp)}
      </td>
      <td>
        <EventStatusMark status={event.status} />
      </td>
      <td>
        <button type="button" class="text-button" title="Show in the timeline" onClick={() => showInTimeline(event)}>
          {event.action}
        </button>
      </td>
      <td class="cell slow-key" title={event.keyOrPattern}>
        {event.keyOrPattern}
      </td>
    </tr>
  );
}

const AROUND_MS = 60_000;

function showInTimeline(event: HistoryEvent): void {
  const at = Date.parse(event.timestamp);
  lookAt(at - AROUND_MS, at + AROUND_MS);
  selectedId.value = event.id;
  detailsOpen.value = true;
  tab.value = 'timeline';
}
