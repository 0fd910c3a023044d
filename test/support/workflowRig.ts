// A workflow service over a real server, a real store and real files: in one folder, so that another process can go on.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRunFiles } from '../../src/adapters/files/runFiles.ts';
import { entryFiles } from '../../src/adapters/files/entryFiles.ts';
import { ValueCipher } from '../../src/adapters/node/cipher.ts';
import { nodeDigest } from '../../src/adapters/node/digest.ts';
import { processHolder } from '../../src/adapters/node/holder.ts';
import { SocketGateway } from '../../src/adapters/redis/gateway.ts';
import { openStores } from '../../src/adapters/store/openStores.ts';
import { Policies } from '../../src/app/governance/policies.ts';
import type { AlertEvents, RaisedAlert } from '../../src/app/ports/alertEvents.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { Holder } from '../../src/app/ports/leases.ts';
import type { GovernanceStore } from '../../src/app/ports/governance.ts';
import type { RedisSession } from '../../src/app/ports/redis.ts';
import type { ActiveConnection } from '../../src/app/ports/sessions.ts';
import type { Stores } from '../../src/app/ports/stores.ts';
import { CommandGate } from '../../src/app/redis/commandGate.ts';
import type { WorkflowParts } from '../../src/app/workflows/parts.ts';
import { JobLeases } from '../../src/app/leases/jobLeases.ts';
import { WorkflowService } from '../../src/app/workflows/workflowService.ts';
import type { ConnectionDefinition } from '../../src/domain/connections/definition.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { definitionOf, noSecret } from './redisParts.ts';
import { storeBuild, type StoreBuild } from './storeBuild.ts';
import { systemClock } from './systemClock.ts';

export interface WorkflowRig {
  readonly directory: string;
  readonly service: WorkflowService;
  readonly parts: WorkflowParts;
  readonly stores: Stores;
  readonly session: RedisSession;
  readonly records: HistoryEvent[];
  readonly policies: Policies;
  /** Alerts that were raised. */
  readonly alerts: RaisedAlert[];
  /** Replace to lock, or to change the definition. */
  active: ActiveConnection;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly directory: string;
  readonly definition?: Partial<ConnectionDefinition>;
  readonly snapshotBudgetMb?: number;
  readonly build?: StoreBuild;
  readonly clock?: Clock;
  /** What stands in the setting `cachify.policyPacks`. */
  readonly policyPacks?: readonly unknown[];
  readonly trusted?: boolean;
  /** Two rigs that play two windows in one process need names that live. */
  readonly holder?: Holder;
  /** Instead of the store's own. */
  readonly governanceStore?: GovernanceStore;
  /** Wraps what the service gets, to fail or die at chosen moments. */
  readonly wrap?: (parts: WorkflowParts) => WorkflowParts;
}

export async function workflowRig(options: RigOptions): Promise<WorkflowRig> {
  const { directory, clock = systemClock } = options;
  mkdirSync(directory, { recursive: true });
  const build = options.build ?? (await storeBuild());
  const stores = openStores({ directory: join(directory, 'store'), ...build, clock });
  const definition = definitionOf(options.definition);
  const session = await new SocketGateway().open(definition, noSecret);
  const records: HistoryEvent[] = [];
  const secrets = fileSecrets(join(directory, 'secrets.json'));
  const cipher = new ValueCipher(
    secrets,
    () => Promise.resolve(undefined),
    () => Promise.reject(new Error('no keyring')),
  );
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const rig: { active: ActiveConnection } = { active: { definition, session, readOnlyNow: definition.readOnly } };
  const sessions = { active: () => Promise.resolve(rig.active) };
  const alerts: RaisedAlert[] = [];
  const raised: AlertEvents = { raise: (alert) => Promise.resolve(void alerts.push(alert)) };
  const policies = new Policies({
    store: options.governanceStore ?? stores.governance,
    configured: { policyPacks: () => options.policyPacks ?? [], onDidChange: () => ({ dispose: () => undefined }) },
    trust: { isTrusted: () => options.trusted ?? true },
    clock,
    log,
    newId: () => nodeDigest.uuid(),
    alerts: raised,
    recorder: { record: (event) => void records.push(event) },
    definitionOf: () => rig.active.definition,
    onDidChange: (listener) => stores.onDidChange((store) => void (store === 'control' && listener())),
  });
  const gate = new CommandGate({
    governance: policies,
    sessions,
    clock,
    recorder: { record: (event) => void records.push(event) },
    log,
    newId: () => nodeDigest.uuid(),
  });
  const plain: WorkflowParts = {
    gate,
    sessions,
    store: stores.workflows,
    snapshots: stores.snapshots,
    files: openRunFiles(join(directory, 'runs'), cipher),
    entryFiles,
    governance: policies,
    digest: nodeDigest,
    cipher,
    secrets,
    clock,
    settings: { number: () => options.snapshotBudgetMb ?? 256 },
    leases: new JobLeases({ leases: stores.leases, holder: options.holder ?? processHolder(), clock, log }),
    log,
    alerts: raised,
    definitionOf: () => rig.active.definition,
  };
  const parts = options.wrap?.(plain) ?? plain;
  const service = new WorkflowService(parts);
  return Object.assign(rig, {
    directory,
    service,
    parts,
    stores,
    session,
    records,
    policies,
    alerts,
    async close() {
      await service.close();
      await policies.flush();
      await session.close();
      await stores.close();
    },
  });
}

/** Secrets in a file: what one process keeps, the next one finds. */
function fileSecrets(path: string) {
  const read = (): Record<string, string> => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
    } catch {
      return {};
    }
  };
  return {
    get: (name: string) => Promise.resolve(read()[name]),
    set(name: string, value: string) {
      writeFileSync(path, JSON.stringify({ ...read(), [name]: value }));
      return Promise.resolve();
    },
    delete: () => Promise.resolve(),
  };
}
