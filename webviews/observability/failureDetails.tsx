import type { VNode } from 'preact';
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../src/domain/format.ts';
import type { Attempt, FailedOperation, StopReason } from '../../src/domain/observability/failures.ts';
import type { ObservabilitySnapshot } from '../../src/domain/observability/snapshot.ts';
import { Button, Spinner } from '../ui/controls.tsx';
import { BundleButton } from './bundleButton.tsx';
import { EventStatusMark } from './eventStatus.tsx';
import { explain, explained, explaining, group, groupEvents } from './failuresModel.ts';
import { KeyButton } from './keyButton.tsx';
import { act, lookAt, showEvents, tab } from './model.ts';
import { localDateTime, localTime, utcText } from './times.ts';

/** One failure: its attempts, what else happened, the server at that time, and the ways on. */
export function FailureDetails(): VNode {
  const failed = explained.value;
  if (failed === null) {
    return (
      <aside class="failures-details">
        {explaining.value ? (
          <Spinner label="Reading what happened around it…" />
        ) : (
          <p class="muted">Choose a kind of failure to see its attempts and what else happened at that time.</p>
        )}
      </aside>
    );
  }
  const { event } = failed;
  return (
    <aside class="failures-details" aria-label="Failure">
      <h2>
        {event.action} failed: {event.errorCode ?? 'error'}
      </h2>
      <p>{typeof event.details?.['failure'] === 'string' ? event.details['failure'] : ''}</p>
      <p class="muted">
        <span class="number" title={utcText(event.timestamp)}>
          {localDateTime(event.timestamp)}
        </span>
        {event.keyOrPattern !== '' && <span class="details-key"> · {event.keyOrPattern}</span>}
      </p>
      <Actions failed={failed} />
      <Siblings failed={failed} />
      <Attempts attempts={failed.attempts} />
      <Snapshot failed={failed} />
      <Related failed={failed} />
    </aside>
  );
}

const AROUND_MS = 5 * 60_000;

function Actions({ failed: { event, pattern } }: { readonly failed: FailedOperation }): VNode {
  const at = Date.parse(event.timestamp);
  return (
    <div class="details-actions">
      <KeyButton event={event} />
      {event.runId !== undefined && (
        <>
          <Button onClick={() => act({ act: 'openRun', runId: event.runId ?? '' })}>Open run</Button>
          <Button onClick={() => showEvents({ runId: event.runId ?? '', allConnections: true })}>
            Show the run’s events
          </Button>
        </>
      )}
      {pattern !== '' && (
        <Button onClick={() => showEvents({ pattern }, at - AROUND_MS, at + AROUND_MS)}>
          Show events of these keys
        </Button>
      )}
      <Button
        onClick={() => {
          lookAt(at - AROUND_MS, at + AROUND_MS);
          tab.value = 'overview';
        }}
      >
        Show charts at this time
      </Button>
      <BundleButton fromMs={at - AROUND_MS} toMs={at + AROUND_MS} connectionIds={[event.connectionId]} />
    </div>
  );
}

/** The other failures of the same kind, to step through. */
function Siblings({ failed }: { readonly failed: FailedOperation }): VNode | null {
  const events = groupEvents.value;
  if (events.length < 2) return null;
  const left = (group.value?.count ?? 0) - events.length;
  return (
    <label class="siblings">
      <span class="muted">Of this kind: </span>
      <select
        value={failed.event.id}
        onChange={({ currentTarget }) => {
          const next = events.find(({ id }) => id === currentTarget.value);
          if (next !== undefined) void explain(next);
        }}
      >
        {events.map((event) => (
          <option key={event.id} value={event.id}>
            {localTime(event.timestamp)} {event.keyOrPattern}
          </option>
        ))}
      </select>
      {left > 0 && <span class="muted"> and {formatCount(left)} older</span>}
    </label>
  );
}

const stopWords: Readonly<Record<StopReason, string>> = {
  exhausted: 'no tries left',
  nonRetryable: 'trying again would not have helped',
  errorRate: 'too many operations of this connection had failed',
  policy: 'a policy stopped it',
  cancelled: 'it was cancelled',
  deadline: 'the time was up',
};

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }): VNode {
  const longest = Math.max(1, ...attempts.map(({ durationMs }) => durationMs));
  const last = attempts.at(-1);
  return (
    <section>
      <h3>{formatCounted(attempts.length, 'attempt')}</h3>
      <table class="attempts">
        <thead>
          <tr>
            <th scope="col" class="cell-end">
              Try
            </th>
            <th scope="col">Began</th>
            <th scope="col" class="attempt-bar">
              Took
            </th>
            <th scope="col" class="cell-end" />
            <th scope="col">Outcome</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.n}>
              <td class="cell-end number">{attempt.n}</td>
              <td class="number" title={utcText(attempt.startedAt)}>
                {localTime(attempt.startedAt)}
              </td>
              <td class="attempt-bar" aria-hidden="true">
                <span class="bar" style={{ width: `${Math.max(2, (attempt.durationMs / longest) * 100)}%` }} />
              </td>
              <td class="cell-end number">{formatDuration(attempt.durationMs)}</td>
              <td>
                <EventStatusMark status={attempt.outcome} /> {attempt.errorCode ?? ''}
              </td>
              <td class="muted">
                {attempt.nextDelayMs === null ? 'stopped' : `waited ${formatDuration(attempt.nextDelayMs)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {last?.stopReason !== undefined && <p class="muted">Stopped because {stopWords[last.stopReason]}.</p>}
    </section>
  );
}

function Snapshot({ failed: { event, snapshot, snapshotState } }: { readonly failed: FailedOperation }): VNode {
  if (snapshot === undefined) {
    return (
      <section>
        <h3>The server before it</h3>
        <p class="muted">
          Nobody had looked at the server before this. What was measured later is not shown as if it had.
        </p>
      </section>
    );
  }
  const age = Date.parse(event.timestamp) - Date.parse(snapshot.timestamp);
  return (
    <section>
      <h3>
        The server {formatDuration(age)} before it {snapshotState === 'stale' && <span class="stale">stale</span>}
      </h3>
      <dl class="details-list">
        {facts(snapshot).map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd class="number">{value}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

function facts(sample: ObservabilitySnapshot): [string, string][] {
  const said = (value: number | null, format: (value: number) => string): string =>
    value === null ? '–' : format(value);
  return [
    ['Load', said(sample.opsPerSecond, (value) => `${formatRate(value)} ops/s`)],
    ['Latency p95, ours', said(sample.latencyP95Ms, formatDuration)],
    ['Errors, ours', said(sample.errorRate, formatPercent)],
    ['Slow commands', said(sample.slowOpCount, formatCount)],
    ['Memory', said(sample.usedMemoryBytes, formatBytes)],
    ['Clients', said(sample.connectedClients, formatCount)],
    ['Evicted keys', said(sample.evictedKeys, formatCount)],
  ];
}

function Related({ failed: { related, relatedLeftOut } }: { readonly failed: FailedOperation }): VNode {
  return (
    <section>
      <h3>
        {related.length === 0
          ? 'Nothing else happened around it'
          : `What else happened, ${formatCount(related.length)}`}
      </h3>
      {related.length > 0 && (
        <table class="related">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Outcome</th>
              <th scope="col">Action</th>
              <th scope="col">Key or pattern</th>
              <th scope="col">Why it is here</th>
            </tr>
          </thead>
          <tbody>
            {related.map(({ event, why }) => (
              <tr key={event.id}>
                <td class="number" title={utcText(event.timestamp)}>
                  {localTime(event.timestamp)}
                </td>
                <td>
                  <EventStatusMark status={event.status} />
                </td>
                <td>{event.action}</td>
                <td class="cell related-key" title={event.keyOrPattern}>
                  {event.keyOrPattern}
                </td>
                <td class="muted related-why">{why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {relatedLeftOut > 0 && <p class="muted">{formatCount(relatedLeftOut)} more are not listed.</p>}
    </section>
  );
}
