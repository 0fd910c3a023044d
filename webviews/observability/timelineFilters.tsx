import type { VNode } from 'preact';
import type { Environment } from '../../src/domain/connections/definition.ts';
import { formatCounted } from '../../src/domain/format.ts';
import type { EventStatus } from '../../src/domain/timeline/event.ts';
import type { PanelConnection } from '../../src/protocol/observability.ts';
import { Button, Checkbox, Select, TextField } from '../ui/controls.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { statusWords } from './eventStatus.tsx';
import { allEnvironments, eventStatuses, type TimelineFilter } from './keptState.ts';
import { act, filter } from './model.ts';
import { ExportButtons } from './exportButtons.tsx';
import { rows, selection, showWaiting, total, waiting } from './timelineModel.ts';

const SEVERAL = ' several';

const environmentWords: Readonly<Record<Environment, string>> = {
  prod: 'Production',
  staging: 'Staging',
  dev: 'Development',
  unknown: 'Unknown environment',
};

/** A connection has one environment, so that choosing one means all of its connections. */
function ofEnvironment(environment: Environment | undefined): Partial<TimelineFilter> {
  if (environment === undefined) return { environments: [] };
  return { environments: [environment], allConnections: true, connectionIds: [] };
}

/** What the timeline shows, and how much of it there is. */
export function TimelineFilters({ shown }: { readonly shown: PanelConnection }): VNode {
  const { text, statuses, actions, allConnections, connectionIds, environments, runId, pattern, source } = filter.value;
  const known = [...new Set([...rows.value.map((row) => row.action), ...actions])].sort();
  const set = (change: Partial<TimelineFilter>): void => {
    filter.value = { ...filter.value, ...change };
  };
  return (
    <Toolbar label="Filter">
      <TextField
        label="Filter by action, key or error code"
        placeholder="Filter: action, key, error code"
        value={text}
        onInput={(next) => set({ text: next })}
        onEscape={() => set({ text: '' })}
      />
      <Select
        label="Action"
        value={actions.length > 1 ? SEVERAL : (actions[0] ?? '')}
        choices={[
          { value: '', text: 'Any action' },
          ...(actions.length > 1 ? [{ value: SEVERAL, text: `${actions.length} actions` }] : []),
          ...known.map((each) => ({ value: each, text: each })),
        ]}
        onChange={(next) => set({ actions: next === '' ? [] : [next] })}
      />
      <span class="toolbar-group" role="group" aria-label="Outcome">
        {eventStatuses.map((status) => (
          <Checkbox
            key={status}
            checked={statuses.length === 0 || statuses.includes(status)}
            onChange={(on) => set({ statuses: withStatus(statuses, status, on) })}
          >
            {statusWords[status].text}
          </Checkbox>
        ))}
      </span>
      <Checkbox
        checked={allConnections}
        onChange={(on) => set({ allConnections: on, connectionIds: [], ...(on ? {} : { environments: [] }) })}
        title={`Not only ${shown.name}`}
      >
        All connections
      </Checkbox>
      <Select
        label="Environment"
        value={environments.length > 1 ? SEVERAL : (environments[0] ?? '')}
        choices={[
          { value: '', text: 'Any environment' },
          ...(environments.length > 1 ? [{ value: SEVERAL, text: `${environments.length} environments` }] : []),
          ...allEnvironments.map((each) => ({ value: each, text: environmentWords[each] })),
        ]}
        onChange={(next) => set(ofEnvironment(allEnvironments.find((each) => each === next)))}
      />
      <Select
        label="Reported by"
        value={source}
        choices={[
          { value: '', text: 'Ours and the server’s' },
          { value: 'app', text: 'Ours' },
          { value: 'engine', text: 'The server’s' },
        ]}
        onChange={(next) => set({ source: next === 'app' || next === 'engine' ? next : '' })}
      />
      {connectionIds.length > 0 && (
        <Button label={`Show ${shown.name} only`} onClick={() => set({ connectionIds: [] })}>
          {formatCounted(connectionIds.length, 'connection')} ×
        </Button>
      )}
      {runId !== '' && (
        <Button label="Show the events of all runs again" onClick={() => set({ runId: '' })}>
          run {runId.slice(0, 8)} ×
        </Button>
      )}
      {pattern !== '' && (
        <Button label="Show all keys again" onClick={() => set({ pattern: '' })}>
          {pattern} ×
        </Button>
      )}
      <ToolbarGap />
      <ExportButtons />
      <Button onClick={bundleOfListed}>Incident bundle…</Button>
      {waiting.value.length > 0 && (
        <Button onClick={showWaiting}>Show {formatCounted(waiting.value.length, 'newer event')}</Button>
      )}
      <span class="muted number timeline-count" role="status">
        {formatCounted(total.value, 'event')}
      </span>
    </Toolbar>
  );
}

/** Of what is listed: its range, and its connections. */
function bundleOfListed(): void {
  const { from, to, connectionIds } = selection();
  act({ act: 'openIncident', from, to, ...(connectionIds === undefined ? {} : { connectionIds }) });
}

/** The statuses to ask for after one was switched; empty means all, and at least one stays on. */
function withStatus(statuses: readonly EventStatus[], status: EventStatus, on: boolean): readonly EventStatus[] {
  const current = statuses.length === 0 ? eventStatuses : statuses;
  const next = eventStatuses.filter((each) => (each === status ? on : current.includes(each)));
  return next.length === eventStatuses.length || next.length === 0 ? [] : next;
}
