import type { VNode } from 'preact';
import type { PanelConnection, PanelTab } from '../../src/protocol/observability.ts';
import { Button, Checkbox, Select, Spinner } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { hostNowMs } from '../ui/hostClock.ts';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import {
  act,
  actFailure,
  choose,
  connection,
  context,
  contextFailure,
  live,
  liveUpdate,
  range,
  tab,
  zoomOut,
} from './model.ts';
import { BundleButton } from './bundleButton.tsx';
import { Compare } from './compare.tsx';
import { Failures } from './failures.tsx';
import { Keyspace } from './keyspace.tsx';
import { Overview } from './overview.tsx';
import { Timeline } from './timeline.tsx';
import { rangeText, zoneText } from './times.ts';

const tabs = [
  { id: 'overview', title: 'Overview' },
  { id: 'keyspace', title: 'Keyspace' },
  { id: 'failures', title: 'Failures' },
  { id: 'compare', title: 'Compare' },
  { id: 'slow', title: 'Slow operations' },
  { id: 'timeline', title: 'Timeline' },
] as const;

/** The whole panel: what is missing first, then the tabs. */
export function Page(): VNode {
  const known = context.value;
  if (known === null) return <NoContext />;
  if (!known.trusted) return <Untrusted />;
  const shown = connection.value;
  if (shown === null) return <NoConnections />;
  return (
    <main class="page">
      <Controls shown={shown} all={known.connections} />
      <Problems shown={shown} />
      <Tabs tabs={tabs} active={tab.value} onChange={(id) => (tab.value = id)} label="Observability">
        <Content tab={tab.value} shown={shown} />
      </Tabs>
    </main>
  );
}

function Content({ tab, shown }: { readonly tab: PanelTab; readonly shown: PanelConnection }): VNode {
  switch (tab) {
    case 'overview':
      return <Overview shown={shown} />;
    case 'keyspace':
      return <Keyspace shown={shown} />;
    case 'failures':
      return <Failures shown={shown} />;
    case 'compare':
      return <Compare shown={shown} />;
    case 'slow':
    case 'timeline':
      return <Timeline shown={shown} slow={tab === 'slow'} />;
  }
}

function NoContext(): VNode {
  const failure = contextFailure.value;
  if (failure === null) {
    return (
      <div class="page-waiting">
        <Spinner label="Reading connections and history…" />
      </div>
    );
  }
  return (
    <EmptyState icon="error" title="The panel could not be filled">
      {failure.message} {failure.nextAction}
    </EmptyState>
  );
}

function Untrusted(): VNode {
  return (
    <EmptyState
      icon="workspace-untrusted"
      title="This window is in Restricted Mode"
      action={<Button onClick={() => act({ act: 'manageTrust' })}>Manage workspace trust</Button>}
    >
      Cachify Studio connects to nothing and reads no history until you trust this workspace. Connections that the
      workspace defines are listed, never used.
    </EmptyState>
  );
}

function NoConnections(): VNode {
  return (
    <EmptyState
      icon="pulse"
      title="See how a Redis server is doing, and what was done to it"
      action={
        <Button appearance="primary" onClick={() => act({ act: 'addConnection' })}>
          Add connection
        </Button>
      }
    >
      Add a connection, for example redis://localhost:6379. While it is open, this panel draws the server’s load, memory
      and hit ratio and the latency of your operations, and lists each operation with its outcome.
    </EmptyState>
  );
}

const windows = [
  { value: '15', text: '15m' },
  { value: '60', text: '1h' },
  { value: '360', text: '6h' },
  { value: '1440', text: '24h' },
  { value: '10080', text: '7d' },
];

interface ControlsProps {
  readonly shown: PanelConnection;
  readonly all: readonly PanelConnection[];
}

function Controls({ shown, all }: ControlsProps): VNode {
  const chosen = range.value;
  return (
    <Toolbar label="What is shown">
      <Select
        label="Connection"
        value={shown.id}
        choices={all.map((each) => ({ value: each.id, text: each.name }))}
        onChange={choose}
      />
      <EnvironmentBadge environment={shown.environment} />
      <ConnectionState shown={shown} />
      <ToolbarGap />
      <span class="muted zone" title="Point at a time to read it in UTC">
        {zoneText(hostNowMs())}
      </span>
      {chosen.kind === 'fixed' && (
        <span class="fixed-range">
          <span class="number">{rangeText(chosen.fromMs, chosen.toMs)}</span>
          <Button appearance="icon" label="Back to the present" onClick={zoomOut}>
            <Icon name="zoom-out" />
          </Button>
          <BundleButton fromMs={chosen.fromMs} toMs={chosen.toMs} connectionIds={[shown.id]} />
        </span>
      )}
      <Segmented
        label="Time range"
        value={chosen.kind === 'last' ? String(chosen.minutes) : ''}
        choices={windows}
        onChange={(minutes) => (range.value = { kind: 'last', minutes: Number(minutes) })}
      />
      <Checkbox
        checked={live.value}
        onChange={(on) => (live.value = on)}
        title="Follow the present: figures every second, charts with every sample"
      >
        Live
      </Checkbox>
    </Toolbar>
  );
}

const stateWords: Record<PanelConnection['state'], { readonly icon: string; readonly text: string }> = {
  ready: { icon: 'pass-filled', text: 'Connected' },
  connecting: { icon: 'sync', text: 'Connecting' },
  reconnecting: { icon: 'sync', text: 'Reconnecting' },
  failed: { icon: 'error', text: 'Failed' },
  disconnected: { icon: 'circle-outline', text: 'Not connected' },
};

function ConnectionState({ shown }: { readonly shown: PanelConnection }): VNode {
  const { icon, text } = stateWords[shown.state];
  return (
    <span class={`connection-state connection-${shown.state}`}>
      <Icon name={icon} />
      <span>
        {text}
        {shown.readOnly && <span class="muted"> · read-only</span>}
      </span>
    </span>
  );
}

function Problems({ shown }: { readonly shown: PanelConnection }): VNode {
  const problem = context.value?.storeProblem;
  // A failed connect is told by the connection's state already.
  const refused = actFailure.value?.message === shown.cause ? null : actFailure.value;
  const isSilent = shown.state === 'reconnecting' || liveUpdate.value?.problem !== undefined;
  return (
    <>
      {problem !== undefined && <Notice kind="warning">{problem}</Notice>}
      {refused !== null && (
        <Notice
          kind="error"
          action={
            <Button appearance="icon" label="Close this message" onClick={() => (actFailure.value = null)}>
              <Icon name="close" />
            </Button>
          }
        >
          {refused.message} {refused.nextAction}
        </Notice>
      )}
      {(shown.state === 'disconnected' || shown.state === 'failed') && (
        <Notice
          kind={shown.state === 'failed' ? 'error' : 'info'}
          action={<Button onClick={() => act({ act: 'connect', connectionId: shown.id })}>Connect</Button>}
        >
          {shown.state === 'failed' && shown.cause !== undefined
            ? `${shown.name} could not be reached: ${shown.cause} `
            : `${shown.name} is not connected. `}
          You see what was recorded before; nothing new is measured.
        </Notice>
      )}
      {isSilent && (
        <Notice kind="warning">
          {shown.name} does not answer at the moment. Until it does, the charts show a gap, not zero.
        </Notice>
      )}
    </>
  );
}
