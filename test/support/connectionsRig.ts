// A ConnectionService on ports in memory: what a person configured, kept and answered is plain data of the test.
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { ConnectionService, type ConnectionServiceParts } from '../../src/app/connections/connectionService.ts';
import type { ConfiguredConnection, Memory, Secrets, Settings } from '../../src/app/ports/environment.ts';
import type { Credentials, RedisGateway, RedisSession, SessionState } from '../../src/app/ports/redis.ts';
import type { ConnectionRecord } from '../../src/app/ports/stores.ts';
import { capabilityNames, type Capabilities } from '../../src/domain/redis/server.ts';
import type { ConnectionDefinition, Secret } from '../../src/domain/connections/definition.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { manualClock, type ManualClock } from './manualClock.ts';

export const workspaceRoot = 'file:///work/shop';

export interface Rig {
  readonly service: ConnectionService;
  readonly clock: ManualClock;
  readonly events: HistoryEvent[];
  readonly records: ConnectionRecord[];
  readonly secrets: Map<string, string>;
  readonly memory: Map<string, unknown>;
  readonly opened: { readonly definition: ConnectionDefinition; readonly credentials: Credentials }[];
  readonly sessions: FakeSession[];
  readonly asked: { readonly what: keyof Secret; readonly why: string }[];
  readonly commandsRun: string[][];
  readonly filesRead: string[];
  /** Entries as they stand in settings. */
  entries(): readonly ConfiguredConnection[];
  /** As if somebody saved settings.json. */
  edit(entries: readonly ConfiguredConnection[]): void;
  /** Switches of the outside world. */
  readonly world: {
    trusted: boolean;
    answer: string | undefined;
    reconnect: boolean;
    settingsFail: boolean;
    secretsForget: boolean;
    secretsLocked: boolean;
    open: (definition: ConnectionDefinition, credentials: Credentials) => Promise<void>;
  };
  /** A second window: same machine, same settings. */
  again(): ConnectionService;
  grantTrust(): void;
}

export interface FakeSession extends RedisSession {
  closed: boolean;
  become(state: SessionState): void;
}

function fakeSession(user: string): FakeSession {
  const listeners = new Set<(state: SessionState) => void>();
  let state: SessionState = { kind: 'ready' };
  const unused = (): never => {
    throw new Error('Only the gate sends commands');
  };
  const session: FakeSession = {
    closed: false,
    server: { version: '7.0.15', mode: 'standalone', role: 'master', runId: 'r', user, db: 0, pingMs: 0.4 },
    capabilities: Object.fromEntries(capabilityNames.map((name) => [name, { available: true }])) as Capabilities,
    commandTable: new Map(),
    state: () => state,
    onDidChangeState(listener) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    become(next) {
      state = next;
      for (const listener of listeners) listener(next);
    },
    send: unused,
    compareAndSet: unused,
    openLine: unused,
    scan: unused,
    describe: unused,
    head: unused,
    watch: unused,
    async close() {
      session.closed = true;
    },
  };
  return session;
}

function memoryOn(map: Map<string, unknown>): Memory {
  return {
    get: (name) => map.get(name),
    async set(name, value) {
      map.set(name, structuredClone(value));
    },
  };
}

export function userEntry(draft: unknown): ConfiguredConnection {
  return { scope: 'user', scopeRoot: '', draft };
}

export function workspaceEntry(draft: unknown): ConfiguredConnection {
  return { scope: 'workspace', scopeRoot: workspaceRoot, draft };
}

export function connectionsRig(
  initial: readonly ConfiguredConnection[] = [],
  parts: { readonly gateway?: RedisGateway; readonly clock?: ConnectionServiceParts['clock'] } = {},
): Rig {
  const clock = manualClock();
  let entries = [...initial];
  const settingsListeners = new Set<() => void>();
  const trustListeners = new Set<() => void>();
  const secretMap = new Map<string, string>();
  const memory = new Map<string, unknown>();
  const windowMemory = new Map<string, unknown>();
  const rig = {
    clock,
    events: [] as HistoryEvent[],
    records: [] as ConnectionRecord[],
    secrets: secretMap,
    memory,
    opened: [] as Rig['opened'],
    sessions: [] as FakeSession[],
    asked: [] as Rig['asked'],
    commandsRun: [] as string[][],
    filesRead: [] as string[],
    world: {
      trusted: true,
      answer: undefined,
      reconnect: false,
      settingsFail: false,
      secretsForget: false,
      secretsLocked: false,
      open: async () => {},
    } as Rig['world'],
    entries: () => entries,
    edit(next: readonly ConfiguredConnection[]) {
      entries = [...next];
      for (const listener of settingsListeners) listener();
    },
    grantTrust() {
      rig.world.trusted = true;
      for (const listener of trustListeners) listener();
    },
  };
  const settings: Settings = {
    alertRules: () => [],
    connections: () => entries,
    scopeRoot: (scope) => (scope === 'user' ? '' : workspaceRoot),
    async saveConnection(draft, at) {
      if (rig.world.settingsFail) throw new Failure('INTERNAL_ERROR', 'settings.json is read-only');
      const entry = { ...at, draft };
      const same = (other: ConfiguredConnection) =>
        other.scopeRoot === at.scopeRoot && (other.draft as { id?: unknown }).id === draft.id;
      rig.edit(entries.some(same) ? entries.map((each) => (same(each) ? entry : each)) : [...entries, entry]);
    },
    async removeConnection(id, at) {
      rig.edit(entries.filter((each) => each.scopeRoot !== at.scopeRoot || (each.draft as { id?: unknown }).id !== id));
    },
    number: () => 1,
    boolean: () => rig.world.reconnect,
    onDidChange(listener) {
      settingsListeners.add(listener);
      return { dispose: () => settingsListeners.delete(listener) };
    },
  };
  const secrets: Secrets = {
    async get(name) {
      if (rig.world.secretsLocked) throw new Failure('NOT_SUPPORTED', 'The keyring is locked.');
      return secretMap.get(name);
    },
    async set(name, value) {
      if (!rig.world.secretsForget) secretMap.set(name, value);
    },
    async delete(name) {
      secretMap.delete(name);
    },
  };
  const gateway: RedisGateway = parts.gateway ?? {
    async open(definition, credentials) {
      rig.opened.push({ definition, credentials });
      await rig.world.open(definition, credentials);
      const session = fakeSession(definition.username ?? 'default');
      rig.sessions.push(session);
      return session;
    },
  };
  const nothing = () => {};
  const build = (): ConnectionService =>
    new ConnectionService({
      settings,
      secrets,
      memory: memoryOn(memory),
      windowMemory: memoryOn(windowMemory),
      trust: {
        isTrusted: () => rig.world.trusted,
        onDidGrant(listener) {
          trustListeners.add(listener);
          return { dispose: () => trustListeners.delete(listener) };
        },
      },
      secretReader: {
        async file(path) {
          rig.filesRead.push(path);
          return new TextEncoder().encode('PEM');
        },
        environment: (name) => (name === 'SHOP_PASSWORD' ? 'from-env' : undefined),
        async command(argv) {
          rig.commandsRun.push([...argv]);
          return 'from-command';
        },
      },
      secretPrompt: {
        async ask(_name, what, why) {
          rig.asked.push({ what, why });
          return rig.world.answer;
        },
      },
      digest: nodeDigest,
      clock: parts.clock ?? clock,
      log: { info: nothing, warn: nothing, error: nothing },
      gateway,
      stores: {
        history: {
          async append(events) {
            rig.events.push(...events);
          },
        },
        connections: {
          async save(record) {
            rig.records.push(record);
          },
        },
      },
    });
  return { ...rig, service: build(), again: build };
}
