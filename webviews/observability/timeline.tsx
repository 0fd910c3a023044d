import type { VNode } from 'preact';
import { formatCount, formatDuration } from '../../src/domain/format.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import { Button, Spinner } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { Notice } from '../ui/notice.tsx';
import { VirtualTable, type Column } from '../ui/virtualTable.tsx';
import { hostNowMs } from '../ui/hostClock.ts';
import { EventDetails } from './eventDetails.tsx';
import { engineWords } from './eventFacts.ts';
import { EventStatusMark } from './eventStatus.tsx';
import { noFilter } from './keptState.ts';
import { isFiltered } from './link.ts';
import { context, filter, isFollowing } from './model.ts';
import { TimelineFilters } from './timelineFilters.tsx';
import {
  detailsOpen,
  failure,
  loading,
  loadMore,
  reload,
  rows,
  scrolled,
  selected,
  selectedId,
  total,
  waiting,
} from './timelineModel.ts';
import { localDateTime, shortTime, utcText } from './times.ts';

/** Everything that was done, newest first. */
export function Timeline({ shown, slow }: { readonly shown: PanelConnection; readonly slow: boolean }): VNode {
  const problem = failure.value;
  const opened = detailsOpen.value ? selected.value : null;
  return (
    <div class="timeline">
      <TimelineFilters shown={shown} />
      {slow && (
        <p class="muted caveat">
          Ours from 100 ms on, as we waited for them; and commands from the server’s own slow log, as long as they kept
          it busy.
        </p>
      )}
      {problem !== null && (
        <Notice kind="error" action={<Button onClick={() => void reload()}>Try again</Button>}>
          {problem.message} {problem.nextAction}
        </Notice>
      )}
      <div class="timeline-body">
        {rows.value.length === 0 ? <NoRows shown={shown} slow={slow} /> : <Rows />}
        {opened !== null && <EventDetails event={opened} connectionName={nameOf(opened.connectionId)} />}
      </div>
    </div>
  );
}

function NoRows({ shown, slow }: { readonly shown: PanelConnection; readonly slow: boolean }): VNode {
  if (loading.value || failure.value !== null) {
    return <div class="page-waiting">{loading.value && <Spinner label="Reading events…" />}</div>;
  }
  const { allConnections } = filter.value;
  if (isFiltered(filter.value)) {
    return (
      <EmptyState
        icon="search"
        title="No event matches the filter"
        action={<Button onClick={() => (filter.value = { ...noFilter, allConnections })}>Clear filter</Button>}
      >
        The text is searched in action, key or pattern, error code and the ids of runs, within the chosen time range.
      </EmptyState>
    );
  }
  if (slow) {
    return (
      <EmptyState icon="pass" title="Nothing was slow in this time range">
        No operation of ours took 100 ms or more, and the server logged no slow command while it was watched.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="history" title="Nothing was done in this time range">
      Every operation on {allConnections ? 'any connection' : shown.name} is listed here with its outcome and duration:
      opening a key, a save, a delete, an unlock. Values are never recorded.
      {isFollowing() ? ' New ones appear by themselves.' : ''}
    </EmptyState>
  );
}

function nameOf(connectionId: string): string {
  return context.value?.connections.find((each) => each.id === connectionId)?.name ?? connectionId;
}

/** What a server reports has not always a duration. */
function durationText({ source, durationMs }: HistoryEvent): string {
  return source === 'engine' && durationMs === 0 ? '–' : formatDuration(durationMs);
}

const action: Pick<Column<HistoryEvent>, 'cell' | 'hover'> = {
  cell: (event) => event.action,
  hover: (event) => event.action,
};

const columns: readonly Column<HistoryEvent>[] = [
  {
    id: 'time',
    title: 'Time',
    width: '144px',
    wideOnly: true,
    cell: (event) => <span class="number">{localDateTime(event.timestamp)}</span>,
    hover: (event) => utcText(event.timestamp),
  },
  {
    id: 'shortTime',
    title: 'Time',
    width: '92px',
    narrowOnly: true,
    cell: (event) => <span class="number">{shortTime(event.timestamp, hostNowMs())}</span>,
    hover: (event) => utcText(event.timestamp),
  },
  { id: 'status', title: 'Outcome', width: '76px', cell: (event) => <EventStatusMark status={event.status} /> },
  { id: 'action', title: 'Action', width: 'minmax(152px, 2fr)', wideOnly: true, ...action },
  { id: 'shortAction', title: 'Action', width: 'minmax(72px, 2fr)', narrowOnly: true, ...action },
  {
    id: 'key',
    title: 'Key or pattern',
    width: 'minmax(64px, 3fr)',
    cell: (event) => event.keyOrPattern || engineWords(event),
    hover: (event) => event.keyOrPattern || engineWords(event),
  },
  { id: 'duration', title: 'Took', width: '60px', align: 'end', cell: durationText },
  {
    id: 'connection',
    title: 'Connection',
    width: 'minmax(96px, 1fr)',
    wideOnly: true,
    cell: (event) => <span class="muted">{nameOf(event.connectionId)}</span>,
  },
  { id: 'code', title: 'Error code', width: '152px', wideOnly: true, cell: (event) => event.errorCode ?? '' },
];

function Rows(): VNode {
  return (
    <VirtualTable
      label={`Timeline, ${formatCount(total.value)} events, newest first`}
      columns={columns}
      rows={rows.value}
      total={Math.max(total.value - waiting.value.length, rows.value.length)}
      rowId={(event) => event.id}
      selected={selectedId.value}
      onSelect={(event) => (selectedId.value = event.id)}
      onOpen={(event) => {
        selectedId.value = event.id;
        detailsOpen.value = true;
      }}
      onNearEnd={() => void loadMore()}
      onScrolled={scrolled}
    />
  );
}
