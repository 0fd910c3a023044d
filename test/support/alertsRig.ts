// Windows that evaluate alerts over one real store, on an injected clock. Each window has its own worker, as in VS Code.
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { AlertService } from '../../src/app/alerts/alertService.ts';
import { AlertToasts } from '../../src/app/alerts/alertToasts.ts';
import { JobLeases } from '../../src/app/leases/jobLeases.ts';
import type { WatchedConnections } from '../../src/app/observability/watched.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import type { AlertEvent } from '../../src/domain/alerts/event.ts';
import type { EngineLook } from '../../src/domain/alerts/engineFacts.ts';
import type { ConnectionSummary, Environment } from '../../src/domain/connections/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { manualClock, type ManualClock } from './manualClock.ts';
import { eventOf, sampleOf } from './storeRows.ts';
import { waitFor } from './waiting.ts';
import { storesIn } from './storesIn.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function summaryOf(id: string, environment: Environment = 'prod'): ConnectionSummary {
  return { id, uid: `uid-${id}`, name: id, environment, readOnly: false, scope: 'user', state: 'ready' };
}

export class AlertWindow {
  readonly stores: Stores;
  readonly service: AlertService;
  readonly toasts: AlertToasts;
  readonly shown: (readonly AlertEvent[])[] = [];
  /** Rules in settings, by root. */
  settings: { readonly root: string; readonly scope: 'user' | 'workspace'; readonly entries: unknown }[] = [];

  constructor(
    stores: Stores,
    clock: ManualClock,
    summaries: () => readonly ConnectionSummary[],
    name: string,
    gone: ReadonlySet<string>,
  ) {
    this.stores = stores;
    const connections: WatchedConnections = {
      views: () => summaries().map((summary) => ({ summary })),
      onDidChange: () => ({ dispose: () => undefined }),
    };
    const holder = { name, isGone: (other: string) => gone.has(other) };
    this.service = new AlertService({
      store: stores.alerts,
      records: stores.connections,
      connections,
      settings: {
        number: () => 15,
        alertRules: () => this.settings,
        onDidChange: () => ({ dispose: () => undefined }),
      },
      trust: { isTrusted: () => true, onDidGrant: () => ({ dispose: () => undefined }) },
      leases: new JobLeases({ leases: stores.leases, holder, clock, log: quiet }),
      clock,
      digest: nodeDigest,
      log: quiet,
      onDidChangeStore: (listener) => stores.onDidChange((store) => store === 'control' && listener()),
    });
    this.toasts = new AlertToasts({
      store: stores.alerts,
      holder,
      clock,
      log: quiet,
      isFocused: () => true,
      show: (events) => void this.shown.push(events),
    });
  }

  /** Ends as a killed process does: nothing is given back. */
  async kill(): Promise<void> {
    this.service.dispose();
    this.toasts.dispose();
    await this.stores.close();
  }

  async close(): Promise<void> {
    await this.service.close();
    this.toasts.dispose();
    await this.stores.close();
  }
}

export class AlertsRig {
  readonly clock = manualClock(Date.UTC(2026, 10, 22, 10, 0, 0));
  readonly gone = new Set<string>();
  summaries: ConnectionSummary[] = [summaryOf('shop')];
  readonly #directory: string;
  #serial = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async window(name: string): Promise<AlertWindow> {
    const stores = await storesIn(this.#directory);
    for (const { uid, id, name: title, environment } of this.summaries) {
      await stores.connections.save({ uid, id, scope: 'user', name: title, destination: 'localhost', environment });
    }
    return new AlertWindow(stores, this.clock, () => this.summaries, name, this.gone);
  }

  /** A sample of a connection, and what our own operations did since the one before. */
  async watch(
    window: AlertWindow,
    {
      id = 'shop',
      seconds = 30,
      ok = 0,
      failed = 0,
      ms = 1,
      engine,
    }: {
      readonly id?: string;
      readonly seconds?: number;
      readonly ok?: number;
      readonly failed?: number;
      readonly ms?: number;
      readonly engine?: EngineLook;
    } = {},
  ): Promise<void> {
    const timestamp = new Date(this.clock.wallMs() - 1).toISOString();
    const event = (status: HistoryEvent['status']): HistoryEvent => ({
      ...eventOf(++this.#serial),
      id: crypto.randomUUID(),
      timestamp,
      connectionId: `uid-${id}`,
      environment: 'prod',
      source: 'app',
      status,
      durationMs: ms,
    });
    await window.stores.history.append([
      ...Array.from({ length: ok }, () => event('success')),
      ...Array.from({ length: failed }, () => event('error')),
    ]);
    await window.stores.history.appendSamples([
      {
        ...sampleOf(1),
        id: crypto.randomUUID(),
        timestamp,
        connectionId: `uid-${id}`,
        periodSeconds: seconds,
        engine: engine ?? { gauges: { connectionDown: 0 }, counters: {} },
      },
    ]);
    await window.stores.history.flush();
  }

  /** Until `window` has caught up with what others wrote. */
  async follows(what: string, isSo: () => Promise<boolean>): Promise<void> {
    await waitFor(what, 20_000, isSo);
  }
}
