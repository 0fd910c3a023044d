import { commands, env, Uri, type Disposable } from 'vscode';
import { commandTimes } from '../../app/observability/commandTimes.ts';
import { compare } from '../../app/observability/compare.ts';
import { failure, failureGroups } from '../../app/observability/failures.ts';
import { keyspaceActivity } from '../../app/observability/keyspaceActivity.ts';
import { watchLive } from '../../app/observability/live.ts';
import { allConnections, connectionCharts, slowestOperations } from '../../app/observability/overview.ts';
import type { Sampler } from '../../app/observability/sampler.ts';
import { timeline, type TimelineRequest } from '../../app/observability/timeline.ts';
import type { WatchedConnections } from '../../app/observability/watched.ts';
import { isoTime, type Clock } from '../../app/ports/clock.ts';
import type { Log, Settings, Trust } from '../../app/ports/environment.ts';
import type { RowFiles } from '../../app/ports/rowFiles.ts';
import type { HistoryStore, StoreHealth, Stores } from '../../app/ports/stores.ts';
import type { Gate } from '../../app/redis/gate.ts';
import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import { display, undisplay } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { keyOf, type Key } from '../../domain/keys/key.ts';
import type { ConnectionCharts } from '../../domain/observability/charts.ts';
import { shownConnection } from '../../domain/observability/shownConnection.ts';
import type { RequestIn } from '../../protocol/contract.ts';
import type {
  ObservabilityContract,
  PanelConnection,
  PanelContext,
  PanelFocus,
  TimelineSelection,
} from '../../protocol/observability.ts';
import { panelTypes } from '../contributions.ts';
import { exportRows } from './exportRows.ts';
import { SinglePanel, type OpenPage, type PageSession } from './panel.ts';

export interface ObservabilityPanelParts {
  readonly extensionUri: Uri;
  readonly gate: Pick<Gate, 'run' | 'scan'>;
  readonly files: RowFiles;
  readonly stores: Stores;
  readonly connections: WatchedConnections;
  readonly sampler: Pick<Sampler, 'sampleNow'>;
  readonly settings: Settings;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly log: Log;
  /** @throws Failure with the true cause */
  connect(connectionId: string): Promise<void>;
  /** URI of the key's document. */
  keyUri(connectionId: string, key: Key): string;
}

/** The Observability panel: Overview and Timeline of the connections. */
export class ObservabilityPanel implements Disposable {
  private readonly panel: SinglePanel<ObservabilityContract>;
  private session: Session | undefined;
  /** Asked for before a page was there to be told. */
  private pending: PanelFocus | undefined;

  constructor(parts: ObservabilityPanelParts) {
    this.panel = new SinglePanel(parts.extensionUri, {
      viewType: panelTypes.observability,
      title: 'Observability',
      page: 'observability',
      contract: async () => (await import('../../protocol/observability.ts')).observabilityContract,
      session: (page) => (this.session = new Session(parts, page, () => this.takePending())),
      onRefused: () => parts.log.warn('panel message refused', { kind: panelTypes.observability }),
    });
  }

  /** Opens or reveals the panel, and turns it to `focus`. */
  async open(focus: PanelFocus = {}): Promise<void> {
    this.pending = focus;
    await this.panel.open();
    if (this.session?.focus(focus) === true) this.pending = undefined;
  }

  dispose(): void {
    this.panel.dispose();
  }

  private takePending(): PanelFocus | undefined {
    const focus = this.pending;
    this.pending = undefined;
    return focus;
  }
}

/** One open page: answers its questions, and pushes while it is visible. */
class Session implements PageSession<ObservabilityContract> {
  private readonly parts: ObservabilityPanelParts;
  private readonly page: OpenPage<ObservabilityContract>;
  private readonly takeFocus: () => PanelFocus | undefined;
  private readonly subscriptions: Disposable[];
  private watched: { readonly connectionId: string | null; readonly live: boolean } | undefined;
  private watching: Disposable | undefined;
  private isReady = false;

  constructor(
    parts: ObservabilityPanelParts,
    page: OpenPage<ObservabilityContract>,
    takeFocus: () => PanelFocus | undefined,
  ) {
    this.parts = parts;
    this.page = page;
    this.takeFocus = takeFocus;
    const tell = (): void => page.emit('context', this.context());
    this.subscriptions = [
      parts.connections.onDidChange(tell),
      parts.trust.onDidGrant(tell),
      parts.stores.onDidChangeHealth(tell),
    ];
  }

  readonly handlers: PageSession<ObservabilityContract>['handlers'] = {
    ready: () => {
      this.isReady = true;
      const focus = this.takeFocus();
      return { ...this.context(), ...(focus === undefined ? {} : { focus }) };
    },
    watch: (wanted) => {
      this.watched = wanted;
      this.watchAgain();
    },
    overview: (input) => this.charts(input),
    timeline: ({ cursor, limit, ...selection }) =>
      timeline(this.history, { ...queryOf(selection), limit, ...(cursor === undefined ? {} : { cursor }) }),
    commandTimes: (input) => commandTimes({ ...this.parts, ...this.history }, input),
    slowest: (input) => slowestOperations(this.history, input),
    all: (input) => allConnections({ ...this.parts, ...this.history }, input),
    activity: ({ connectionId, ...query }, signal) =>
      keyspaceActivity({ ...this.parts, ...this.history }, { ...query, connectionIds: [connectionId], signal }),
    failureGroups: ({ connectionId, ...window }) =>
      failureGroups(this.history, { ...window, ...scopeOf(connectionId) }),
    failure: (input) => failure(this.history, input),
    compare: async ({ token, connectionId, ...periods }, signal) => {
      const query = { ...periods, ...scopeOf(connectionId), signal };
      const parts = { ...this.parts, ...this.history, governance: this.parts.stores.governance };
      for await (const update of compare(parts, query)) {
        this.page.emit('compared', { token, update });
      }
    },
    exportRows: ({ format, ...selection }, signal) =>
      exportRows(this.parts.files, { ...this.history, selection: queryOf(selection), format, signal }),
    act: (input) => this.act(input),
  };

  private charts({ connectionId, ...window }: RequestIn<ObservabilityContract, 'overview'>): Promise<ConnectionCharts> {
    if (!this.parts.trust.isTrusted()) {
      throw new Failure(
        'BLOCKED',
        'This window is in Restricted Mode: no history is read until you trust the workspace.',
      );
    }
    const all = this.parts.connections.views().map(({ summary }) => summary);
    const shownId = connectionId ?? shownConnection(all, null)?.id ?? '';
    return connectionCharts({ ...this.parts, ...this.history }, { ...window, connectionId: shownId });
  }

  private get history(): { readonly history: HistoryStore; readonly connections: WatchedConnections } {
    return { history: this.parts.stores.history, connections: this.parts.connections };
  }

  /** Whether the page was told; else it will ask. */
  focus(focus: PanelFocus): boolean {
    if (!this.isReady || !this.page.isVisible()) return false;
    this.page.emit('focus', focus);
    return true;
  }

  visibilityChanged(visible: boolean): void {
    // A hidden page is gone; the one that shows again asks first.
    if (!visible) this.isReady = false;
    this.watchAgain();
  }

  dispose(): void {
    this.watching?.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private watchAgain(): void {
    this.watching?.dispose();
    this.watching = undefined;
    if (this.watched?.live !== true || !this.page.isVisible()) return;
    const { connectionId } = this.watched;
    this.watching = watchLive({ ...this.parts, history: this.parts.stores.history }, connectionId, (update) =>
      this.page.emit('live', update),
    );
  }

  private context(): PanelContext {
    const { connections, trust, stores, settings, clock } = this.parts;
    const problem = storeProblem(stores.health());
    return {
      trusted: trust.isTrusted(),
      connections: connections.views().map(({ summary }) => panelConnection(summary)),
      sampleSeconds: settings.number('observability.sampleSeconds'),
      now: isoTime(clock),
      ...(problem === undefined ? {} : { storeProblem: problem }),
    };
  }

  private async act(input: RequestIn<ObservabilityContract, 'act'>): Promise<void> {
    switch (input.act) {
      case 'addConnection':
        await commands.executeCommand('cachify.connections.add');
        return;
      case 'manageTrust':
        await commands.executeCommand('workbench.trust.manage');
        return;
      case 'connect':
        return this.parts.connect(input.connectionId);
      case 'sampleNow':
        await this.parts.sampler.sampleNow(input.connectionId);
        return;
      case 'watchActivity':
        await commands.executeCommand('cachify.observability.watchActivity', input.connectionId);
        return;
      case 'openRun':
        await commands.executeCommand('cachify.workflows.open', { runId: input.runId });
        return;
      case 'openIncident': {
        const { act: _, ...range } = input;
        await commands.executeCommand('cachify.incidents.open', range);
        return;
      }
      case 'copy':
        await env.clipboard.writeText(input.text);
        return;
      case 'openKey': {
        const uri = this.parts.keyUri(input.connectionId, keyOf(undisplay(input.keyOrPattern)));
        await commands.executeCommand('vscode.open', Uri.parse(uri, true));
      }
    }
  }
}

function scopeOf(connectionId: string | null): { readonly connectionIds?: readonly string[] } {
  return connectionId === null ? {} : { connectionIds: [connectionId] };
}

type Selected = { readonly [Name in keyof TimelineSelection]: TimelineSelection[Name] | undefined };

/** What the page selected as the use case takes it: absent fields instead of undefined ones. */
function queryOf({ from, to, ...filters }: Selected): TimelineRequest {
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
  return { from: from ?? '', to: to ?? '', ...given };
}

function panelConnection({ id, name, environment, readOnly, state, cause }: ConnectionSummary): PanelConnection {
  return {
    id,
    name: display(name),
    environment,
    readOnly,
    state,
    ...(cause === undefined ? {} : { cause }),
  };
}

function storeProblem(health: StoreHealth): string | undefined {
  if (health.kind === 'ready' || health.kind === 'notCompacted') return undefined;
  const [state, effect] =
    health.kind === 'readOnly'
      ? ['read-only', 'What happens now is not recorded; what was recorded before is shown.']
      : ['not available', 'No history can be shown or recorded.'];
  return `The local store is ${state}: ${health.reason}. ${effect}`;
}
