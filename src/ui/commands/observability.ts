import { ProgressLocation, window } from 'vscode';
import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import type { Sampler } from '../../app/observability/sampler.ts';
import type { ActivityWatcher } from '../../app/observability/watchActivity.ts';
import { findConnection } from '../../app/observability/watched.ts';
import { display } from '../../domain/display.ts';
import { formatCount, formatDuration } from '../../domain/format.ts';
import type { KeyspaceActivity } from '../../domain/observability/activity.ts';
import type { PanelTab } from '../../protocol/observability.ts';
import type { PanelLink } from '../../protocol/panelLink.ts';
import type { ObservabilityPanel } from '../panels/observabilityPanel.ts';
import { askChoice } from '../quickInput.ts';
import { FolderNode, KeyNode } from '../trees/nodes.ts';
import { RunNode } from '../trees/workflowNodes.ts';
import { chooseConnection, viewOf } from './connections.ts';
import { isPlainObject, type InteractiveCommands } from './register.ts';

type ObservabilityCommands = Pick<
  InteractiveCommands,
  Extract<keyof InteractiveCommands, `cachify.observability.${string}`>
>;

interface Services {
  readonly sampler: Pick<Sampler, 'sampleNow'>;
  readonly watcher: Pick<ActivityWatcher, 'preflight' | 'watch'>;
}

const ready = (view: { readonly state: { readonly kind: string } }): boolean => view.state.kind === 'ready';

/** What commands about observability do when a person calls them. */
export function observabilityCommands(
  panel: ObservabilityPanel,
  { sampler, watcher }: Services,
  service: ConnectionService,
): ObservabilityCommands {
  const open = (tab: PanelTab) => async (item: unknown) =>
    panel.open({ tab, ...(isPlainObject(item) ? await linkOf(item, service) : itemFocus(item, service)) });
  return {
    'cachify.observability.open': open('overview'),
    'cachify.observability.openTimeline': open('timeline'),
    'cachify.observability.openKeyspace': open('keyspace'),
    'cachify.observability.openFailures': open('failures'),
    'cachify.observability.openCompare': open('compare'),
    'cachify.observability.openSlowOperations': open('slow'),
    'cachify.observability.sampleNow': async (item) => {
      const view = await chooseConnection(service, item, { title: 'Take a sample of which server?', only: ready });
      if (view === undefined) return undefined;
      const sample = await sampler.sampleNow(view.summary.uid);
      const p95 =
        sample.latencyP95Ms === null ? 'no operation of ours yet' : `p95 ${formatDuration(sample.latencyP95Ms)}`;
      void window.setStatusBarMessage(`Sampled ${display(view.summary.name)}: ${p95}`, 5000);
      return sample;
    },
    'cachify.observability.watchActivity': async (item) => {
      const named = service.views().find(({ summary }) => summary.id === item);
      const view =
        named ?? (await chooseConnection(service, item, { title: 'Watch the keys of which server?', only: ready }));
      if (view !== undefined) await watchAsPerson(panel, watcher, view);
    },
  };
}

/** An argument of another surface: where to look, checked. Connections that are gone are refused, not replaced. */
async function linkOf(argument: object, service: ConnectionService): Promise<PanelLink> {
  const { parsePanelLink } = await import('../../protocol/panelLink.ts');
  const link = parsePanelLink(argument);
  if (link.connectionIds === undefined) return link;
  return { ...link, connectionIds: link.connectionIds.map((id) => findConnection(service, id).id) };
}

/** An item of a tree, or nothing at all: its connection, else the current one, and the keys that it stands for. */
function itemFocus(item: unknown, service: ConnectionService): PanelLink {
  // A run's events are looked for on every connection: it may not be the current one's.
  const view = item instanceof RunNode ? undefined : (viewOf(service, item) ?? service.current());
  return {
    ...(view === undefined ? {} : { connectionIds: [view.summary.id] }),
    ...(item instanceof KeyNode ? { text: display(item.key) } : {}),
    ...(item instanceof FolderNode ? { text: display(item.facts.prefix) } : {}),
    ...(item instanceof RunNode ? { runId: item.run.id } : {}),
  };
}

/** Source, length, what it costs, and on production the name: then the watch, with progress and a way to stop it. */
async function watchAsPerson(
  panel: ObservabilityPanel,
  watcher: Services['watcher'],
  { summary }: ConnectionView,
): Promise<void> {
  const source = await askChoice<'monitor' | 'notifications'>({
    title: `Watch ${display(summary.name)}: how?`,
    placeholder: 'Both cost the server something: the next steps say how much',
    choices: [
      {
        label: 'Key event notifications',
        description: 'changes only; the server must send them',
        value: 'notifications',
      },
      { label: 'MONITOR', description: 'every command of every client', value: 'monitor' },
    ],
  });
  if (source !== 'monitor' && source !== 'notifications') return;
  const seconds = await askChoice<number>({
    title: `Watch ${display(summary.name)}: for how long?`,
    placeholder: 'It ends by itself',
    choices: [10, 30, 60, 300].map((value) => ({ label: formatDuration(value * 1000), value })),
  });
  if (typeof seconds !== 'number') return;
  const request = { connectionId: summary.uid, source, seconds };
  const preflight = await watcher.preflight(request);
  const start = `Watch for ${formatDuration(seconds * 1000)}`;
  const detail = preflight.sentences.join('\n\n');
  const message = `Watch ${preflight.connectionName} by ${source === 'monitor' ? 'MONITOR' : 'notifications'}?`;
  if ((await window.showWarningMessage(message, { modal: true, detail }, start)) !== start) return;
  const { confirm } = preflight;
  const typed =
    confirm === undefined
      ? undefined
      : await window.showInputBox({
          title: message,
          prompt: `Type the connection's name to watch it: ${display(confirm)}`,
          ignoreFocusOut: true,
        });
  if (confirm !== undefined && typed === undefined) return;
  const stop = new AbortController();
  const result = await window.withProgress(
    {
      location: ProgressLocation.Notification,
      title: `Watching ${preflight.connectionName} for ${formatDuration(seconds * 1000)}`,
      cancellable: true,
    },
    (_progress, token) => {
      token.onCancellationRequested(() => stop.abort());
      return watcher.watch({ ...request, signal: stop.signal, ...(typed === undefined ? {} : { confirm: typed }) });
    },
  );
  const dropped = result.watch?.dropped ?? 0;
  const note = dropped === 0 ? '' : ` ${formatCount(dropped)} came too fast to be read and are not counted.`;
  void window.showInformationMessage(
    `${formatCount(result.watch?.seen ?? 0)} seen on ${preflight.connectionName}, ${formatCount(result.totalEvents)} key touches.${note}${notAlways(result)}`,
  );
  const from = new Date(Date.parse(result.from) - 60_000).toISOString();
  await panel.open({ tab: 'keyspace', connectionIds: [summary.id], from, to: result.to });
}

/** Primaries of a cluster that came, went or were lost while the others were watched. */
function notAlways({ from, to, watch }: KeyspaceActivity): string {
  const some = (watch?.nodes ?? []).filter((stretch) => stretch.from > from || stretch.to < to);
  const names = [...new Set(some.map(({ node }) => node))];
  return names.length === 0 ? '' : ` Not watched all the time, so not all is counted: ${names.join(', ')}.`;
}
