// Observability over a real server and a real store, without a window around it.
import type { WatchedConnections } from '../../src/app/observability/watched.ts';
import { ActivityWatcher } from '../../src/app/observability/watchActivity.ts';
import { EngineMeter } from '../../src/app/alerts/engineMeter.ts';
import { EngineJournal } from '../../src/app/observability/engineJournal.ts';
import { Sampler } from '../../src/app/observability/sampler.ts';
import { SamplingTurns } from '../../src/app/observability/samplingTurns.ts';
import { JobLeases } from '../../src/app/leases/jobLeases.ts';
import { processHolder } from '../../src/adapters/node/holder.ts';
import type { RedisSession } from '../../src/app/ports/redis.ts';
import type { ActiveConnection, Sessions } from '../../src/app/ports/sessions.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import { CommandGate } from '../../src/app/redis/commandGate.ts';
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { SocketGateway } from '../../src/adapters/redis/gateway.ts';
import type { ConnectionDefinition, ConnectionSummary } from '../../src/domain/connections/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { ownFolder, removeFolder } from './processes.ts';
import { definitionOf, noSecret } from './redisParts.ts';
import { noPacks } from './noPacks.ts';
import { systemClock } from './systemClock.ts';
import { storesIn } from './storesIn.ts';

export interface ObservabilityRig {
  readonly definition: ConnectionDefinition;
  readonly session: RedisSession;
  readonly gate: CommandGate;
  readonly stores: Stores;
  /** Where the stores are on disk. */
  readonly directory: string;
  readonly history: Stores['history'];
  readonly governance: Stores['governance'];
  readonly connections: WatchedConnections;
  readonly sampler: Sampler;
  readonly watcher: ActivityWatcher;
  /** Everything that the gate recorded. */
  readonly recorded: HistoryEvent[];
  readonly clock: typeof systemClock;
  /** Replace to have another server answer. */
  active: ActiveConnection;
  close(): Promise<void>;
}

export async function observabilityRig(over: Partial<ConnectionDefinition>): Promise<ObservabilityRig> {
  const definition = definitionOf(over);
  const session = await new SocketGateway().open(definition, noSecret);
  const directory = ownFolder('cachify-observability-');
  const stores = await storesIn(directory);
  const { history } = stores;
  const recorded: HistoryEvent[] = [];
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const sessions: Sessions = { active: () => Promise.resolve(rig.active) };
  const gate = new CommandGate({
    governance: noPacks,
    sessions,
    clock: systemClock,
    recorder: {
      record(event) {
        recorded.push(event);
        void history.append([event]);
      },
    },
    log: quiet,
    newId: () => nodeDigest.uuid(),
  });
  const summary: ConnectionSummary = {
    id: definition.id,
    uid: definition.uid,
    name: definition.name,
    environment: definition.environment,
    readOnly: definition.readOnly,
    scope: 'user',
    // Not "ready", so that only what a test asks for is sampled.
    state: 'connecting',
  };
  const connections: WatchedConnections = {
    views: () => [{ summary }],
    onDidChange: () => ({ dispose: () => undefined }),
  };
  const parts = { gate, sessions, history, connections, clock: systemClock, digest: nodeDigest };
  const sampler = new Sampler({
    isPaused: () => false,
    ...parts,
    settings: { number: () => 15 },
    log: quiet,
    journal: new EngineJournal(parts),
    meter: new EngineMeter(systemClock),
    turns: new SamplingTurns({
      leases: new JobLeases({ leases: stores.leases, holder: processHolder(), clock: systemClock, log: quiet }),
      log: quiet,
    }),
  });
  const rig: ObservabilityRig = {
    active: { definition, session, readOnlyNow: definition.readOnly },
    definition,
    session,
    gate,
    stores,
    directory,
    history,
    governance: stores.governance,
    connections,
    sampler,
    watcher: new ActivityWatcher(parts),
    recorded,
    clock: systemClock,
    async close() {
      sampler.dispose();
      await session.close();
      await stores.close();
      removeFolder(directory);
    },
  };
  return rig;
}
