import type { ComponentChildren, VNode } from 'preact';
import { formatDuration } from '../../src/domain/format.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { Button } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { Icon } from '../ui/icon.tsx';
import { BundleButton } from './bundleButton.tsx';
import { factName, factText } from './eventFacts.ts';
import { EventStatusMark } from './eventStatus.tsx';
import { KeyButton } from './keyButton.tsx';
import { noFilter } from './keptState.ts';
import { act, filter, lookAt, openedEvent, tab } from './model.ts';
import { detailsOpen } from './timelineModel.ts';
import { localDateTime, utcText } from './times.ts';

interface EventDetailsProps {
  readonly event: HistoryEvent;
  readonly connectionName: string;
}

/** One event in full, with the ways that lead on from it. */
export function EventDetails({ event, connectionName }: EventDetailsProps): VNode {
  const close = (): void => {
    detailsOpen.value = false;
    document.querySelector<HTMLElement>('.table')?.focus();
  };
  return (
    <aside
      class="details"
      aria-label="Event"
      onKeyDown={(pressed) => {
        if (pressed.key === 'Escape') close();
      }}
    >
      <header class="details-head">
        <h2>{event.action}</h2>
        <Button appearance="icon" label="Close details" onClick={close}>
          <Icon name="close" />
        </Button>
      </header>
      <dl class="details-list">
        <Fact name="Outcome">
          <EventStatusMark status={event.status} />
          {event.errorCode !== undefined && <span> {event.errorCode}</span>}
          {event.retryable === true && <span class="muted"> · may succeed when tried again</span>}
        </Fact>
        <Fact name="Time">
          <span class="number">{localDateTime(event.timestamp)}</span>
          <div class="muted number">{utcText(event.timestamp)}</div>
        </Fact>
        {event.durationMs > 0 && <Fact name="Took">{formatDuration(event.durationMs)}</Fact>}
        <Fact name="Connection">
          {connectionName} <EnvironmentBadge environment={event.environment} />
        </Fact>
        {event.keyOrPattern !== '' && (
          <Fact name="Key or pattern">
            <span class="details-key">{event.keyOrPattern}</span>
          </Fact>
        )}
        {event.redactedDiff !== undefined && <Fact name="Change">{event.redactedDiff}</Fact>}
        <Fact name="Reported by">{event.source === 'app' ? 'Cachify Studio' : 'the Redis server'}</Fact>
        {event.attempt !== undefined && event.attempt > 1 && <Fact name="Attempt">{event.attempt}</Fact>}
        {event.runId !== undefined && <Fact name="Run">{event.runId}</Fact>}
        {event.correlationId !== undefined && <Fact name="Belongs to">{event.correlationId}</Fact>}
        {Object.entries(event.details ?? {})
          .filter(([name]) => !toldElsewhere.has(name))
          .map(([name, value]) => (
            <Fact key={name} name={factName(name)}>
              {factText(name, value)}
            </Fact>
          ))}
      </dl>
      <div class="details-actions">
        <KeyButton event={event} />
        {event.runId !== undefined && (
          <>
            <Button onClick={() => act({ act: 'openRun', runId: event.runId ?? '' })}>Open run</Button>
            <Button onClick={() => (filter.value = { ...noFilter, runId: event.runId ?? '', allConnections: true })}>
              Show all of this run
            </Button>
          </>
        )}
        {event.keyOrPattern !== '' && (
          <Button onClick={() => (filter.value = { ...filter.value, text: event.keyOrPattern })}>
            Show all with this key
          </Button>
        )}
        {event.source === 'app' && event.status === 'error' && (
          <Button
            onClick={() => {
              openedEvent.value = { id: event.id, timestamp: event.timestamp };
              tab.value = 'failures';
            }}
          >
            Show attempts
          </Button>
        )}
        <Button onClick={() => showCharts(event)}>Show charts at this time</Button>
        <BundleButton {...around(event)} connectionIds={[event.connectionId]} />
        <Button onClick={() => act({ act: 'copy', text: JSON.stringify(event, null, 2) })}>Copy as JSON</Button>
      </div>
    </aside>
  );
}

/** Tries are listed among the failures. */
const toldElsewhere: ReadonlySet<string> = new Set(['attempts']);

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

const AROUND_MS = 7.5 * 60_000;

function around({ timestamp }: HistoryEvent): { readonly fromMs: number; readonly toMs: number } {
  const at = Date.parse(timestamp);
  return { fromMs: at - AROUND_MS, toMs: at + AROUND_MS };
}

function showCharts(event: HistoryEvent): void {
  const { fromMs, toMs } = around(event);
  lookAt(fromMs, toMs);
  tab.value = 'overview';
}
