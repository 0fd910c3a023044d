import { env, Uri, window, type ExtensionContext } from 'vscode';
import { entryFiles } from './adapters/files/entryFiles.ts';
import { viewerFiles } from './adapters/files/viewerFiles.ts';
import { openRunFiles } from './adapters/files/runFiles.ts';
import { ValueCipher } from './adapters/node/cipher.ts';
import { systemClock } from './adapters/node/clock.ts';
import { nodeDigest } from './adapters/node/digest.ts';
import { processHolder } from './adapters/node/holder.ts';
import { keyFromPassphrase } from './adapters/node/passphraseKey.ts';
import { nodeSecretReader } from './adapters/node/secretReader.ts';
import { openStores } from './adapters/store/openStores.ts';
import { vscodeLog } from './adapters/vscode/log.ts';
import { vscodeMemory } from './adapters/vscode/memory.ts';
import { vscodeSecretPrompt } from './adapters/vscode/secretPrompt.ts';
import { vscodeSecrets } from './adapters/vscode/secrets.ts';
import { VscodeSettings } from './adapters/vscode/settings.ts';
import { vscodeTrust } from './adapters/vscode/trust.ts';
import type { CachifyApi } from './api.ts';
import { AlertService } from './app/alerts/alertService.ts';
import { EngineMeter } from './app/alerts/engineMeter.ts';
import { RaisedAlerts } from './app/alerts/raisedAlerts.ts';
import { ConnectionService } from './app/connections/connectionService.ts';
import { RecentLog } from './app/incidents/recentLog.ts';
import { KeyService } from './app/keys/keyService.ts';
import type { KeysParts } from './app/keys/parts.ts';
import { JobLeases } from './app/leases/jobLeases.ts';
import { EngineJournal } from './app/observability/engineJournal.ts';
import { Sampler } from './app/observability/sampler.ts';
import { SamplingTurns } from './app/observability/samplingTurns.ts';
import { ActivityWatcher } from './app/observability/watchActivity.ts';
import type { Log, Trust } from './app/ports/environment.ts';
import type { Holder } from './app/ports/leases.ts';
import type { RedisGateway } from './app/ports/redis.ts';
import type { Stores } from './app/ports/stores.ts';
import { CommandGate } from './app/redis/commandGate.ts';
import type { Enforcement } from './app/retention/enforcement.ts';
import { openAlerts } from './app/retention/openAlerts.ts';
import { filesOfRuns } from './app/retention/filesOfRuns.ts';
import { openRetention } from './app/retention/openRetention.ts';
import { resumableRuns } from './app/retention/resumableRuns.ts';
import { TimelineRecorder } from './app/timeline/recorder.ts';
import { withRunSnapshots } from './app/workflows/runSnapshots.ts';
import { WorkflowService } from './app/workflows/workflowService.ts';
import { composeGovernance } from './composeGovernance.ts';
import { composeIncidents } from './composeIncidents.ts';
import { publicApi, type ApiParts } from './publicApi.ts';
import { storeDamageMessage } from './ui/storeMessages.ts';

/** The first look at budgets waits until the window has started. */
const enforceAfterMs = 20_000;

/** The use cases of the product, constructed. */
export interface Services extends ApiParts {
  readonly api: CachifyApi;
  readonly holder: Holder;
  /** Where features raise alerts. */
  readonly alertEvents: RaisedAlerts;
  readonly enforcement: Enforcement;
  readonly trust: Trust;
  readonly log: Log;
  dispose(): Promise<void>;
}

/** ioredis takes tens of milliseconds to load: the first connection pays for it, not activation. */
const gateway: RedisGateway = {
  async open(definition, credentials, signal) {
    const { SocketGateway } = await import('./adapters/redis/gateway.ts');
    return new SocketGateway().open(definition, credentials, signal);
  },
};

function openedStores(context: ExtensionContext, log: Log): Stores {
  const built = (name: string): string => Uri.joinPath(context.extensionUri, 'dist', name).fsPath;
  return openStores({
    directory: Uri.joinPath(context.globalStorageUri, 'store').fsPath,
    workerPath: built('storeWorker.js'),
    wasmPath: built('sql-wasm.wasm'),
    migrationsDirectory: built('migrations'),
    clock: systemClock,
    onProblem: (problem) => {
      log.warn('store problem', { kind: problem.kind });
      if (problem.toldBefore !== true) void window.showWarningMessage(storeDamageMessage(problem));
    },
  });
}

export function composeServices(context: ExtensionContext): Services {
  const channel = window.createOutputChannel('Cachify Studio', { log: true });
  const clock = systemClock;
  const log = new RecentLog(vscodeLog(channel), clock);
  const digest = nodeDigest;
  const memory = vscodeMemory(context.globalState);
  const secrets = vscodeSecrets(context.secrets);
  const settings = new VscodeSettings(Uri.joinPath(context.globalStorageUri, '..', '..', 'settings.json'));
  const stores = openedStores(context, log);

  const alertEvents = new RaisedAlerts({ store: stores.alerts, clock, digest, log });

  const connections = new ConnectionService({
    settings,
    secrets,
    memory,
    windowMemory: vscodeMemory(context.workspaceState),
    trust: vscodeTrust,
    secretReader: nodeSecretReader,
    secretPrompt: vscodeSecretPrompt,
    digest,
    clock,
    log,
    gateway,
    stores,
  });
  const common = { clock, log, newId: () => digest.uuid(), recorder: new TimelineRecorder(stores.history, log) };
  const { policies, governance } = composeGovernance({
    ...common,
    connections,
    settings,
    stores,
    configured: settings,
    trust: vscodeTrust,
    alerts: alertEvents,
  });
  const gate = new CommandGate({ ...common, sessions: connections, governance: policies });
  const cipher = new ValueCipher(secrets, askPassphrase, (passphrase) => keyFromPassphrase(memory, passphrase));
  const runFiles = openRunFiles(Uri.joinPath(context.globalStorageUri, 'runs').fsPath, cipher);
  const keysParts: KeysParts = {
    gate,
    snapshots: withRunSnapshots({ store: stores.workflows, files: runFiles, cipher }, stores.snapshots),
    cipher,
    digest,
    clock,
    settings,
    definitionOf: (connectionId) => connections.definitionOf(connectionId),
  };
  const keys = new KeyService(keysParts);
  const holder = processHolder();
  const leases = new JobLeases({ leases: stores.leases, holder, clock, log });
  const workflows = new WorkflowService({
    ...keysParts,
    sessions: connections,
    store: stores.workflows,
    snapshots: stores.snapshots,
    files: runFiles,
    entryFiles,
    governance: policies,
    secrets,
    leases,
    alerts: alertEvents,
    log,
  });
  const incidents = composeIncidents(context, {
    connections,
    workflows,
    governance,
    stores,
    gate,
    trust: vscodeTrust,
    log,
    ownLog: log,
    clock,
    digest,
    secrets,
    leases,
  });
  const { retention, enforcement } = openRetention({
    stores,
    settings,
    clock,
    log,
    leases,
    alerts: alertEvents,
    pinSources: [resumableRuns(stores.workflows), openAlerts(stores.alerts), incidents],
    files: [
      ...filesOfRuns(runFiles),
      viewerFiles(Uri.joinPath(context.globalStorageUri, 'incidents', 'viewer').fsPath),
    ],
  });
  enforcement.start(enforceAfterMs);
  const observabilityParts = { history: stores.history, connections, settings, clock };
  const journal = new EngineJournal({ gate, sessions: connections, history: stores.history, clock, digest });
  const turns = new SamplingTurns({ leases, log });
  const isPaused = (): boolean => enforcement.isPaused('observabilitySnapshots');
  const sampler = new Sampler({
    ...observabilityParts,
    gate,
    digest,
    log,
    journal,
    turns,
    isPaused,
    meter: new EngineMeter(clock),
  });
  const watcher = new ActivityWatcher({ ...observabilityParts, gate, sessions: connections });

  const alerts = new AlertService({
    store: stores.alerts,
    records: stores.connections,
    connections,
    settings,
    trust: vscodeTrust,
    leases,
    clock,
    digest,
    log,
    onDidChangeStore: (listener) => stores.onDidChange((store) => store === 'control' && listener()),
  });

  const parts = {
    connections,
    keys,
    keysParts,
    workflows,
    governance,
    retention,
    incidents,
    alerts,
    gate,
    sampler,
    watcher,
    stores,
    settings,
    clock,
  };
  return {
    ...parts,
    api: publicApi(parts),
    alertEvents,
    enforcement,
    holder,
    trust: vscodeTrust,
    log,
    async dispose() {
      sampler.dispose();
      await alerts.close();
      await enforcement.dispose();
      await workflows.close();
      await policies.flush();
      await connections.dispose();
      await stores.close();
      channel.dispose();
    },
  };
}

/** Without a keyring (`${env.appName}` says so itself) undo data is encrypted with a passphrase of the user. */
function askPassphrase(why: string): Promise<string | undefined> {
  return Promise.resolve(
    window.showInputBox({
      title: `Passphrase for undo data in ${env.appName}`,
      prompt: why,
      password: true,
      ignoreFocusOut: true,
    }),
  );
}
