import { Disposable, Uri, window, type ExtensionContext } from 'vscode';
import { checkedApi } from './checkedApi.ts';
import { nodeRowFiles } from './adapters/node/rowFiles.ts';
import type { Services } from './compose.ts';
import { asFailure } from './domain/failure.ts';
import { KeyBrowsers } from './app/keys/keyBrowsers.ts';
import { AlertToasts } from './app/alerts/alertToasts.ts';
import { AlertsModel } from './ui/alerts/alertsModel.ts';
import { createAlertsStatus } from './ui/alerts/alertsStatus.ts';
import { showAlerts } from './ui/alerts/showAlerts.ts';
import { alertCommands } from './ui/commands/alerts.ts';
import { AlertRulePanel } from './ui/panels/alertRulePanel.ts';
import { AlertsTree } from './ui/trees/alertsTree.ts';
import { connectionCommands } from './ui/commands/connections.ts';
import { governanceCommands } from './ui/commands/governance.ts';
import { incidentCommands, tellInterrupted } from './ui/commands/incidents.ts';
import { keyCommands } from './ui/commands/keys.ts';
import { observabilityCommands } from './ui/commands/observability.ts';
import { registerCommands } from './ui/commands/register.ts';
import { retentionCommands } from './ui/commands/retention.ts';
import { workflowCommands } from './ui/commands/workflows.ts';
import { followContext } from './ui/contextKeys.ts';
import { colourDocuments } from './ui/documents/documentLanguages.ts';
import { registerJsonFormatter } from './ui/documents/jsonFormatter.ts';
import { KeyFileSystem } from './ui/documents/keyFileSystem.ts';
import { refreshWithConnections } from './ui/documents/followConnections.ts';
import { KeyLenses } from './ui/documents/keyLenses.ts';
import { ReplyDocuments } from './ui/documents/replyDocuments.ts';
import { askBundleTarget, IncidentBundlePanel } from './ui/panels/incidentBundlePanel.ts';
import { ObservabilityPanel } from './ui/panels/observabilityPanel.ts';
import { PolicyPackPanel } from './ui/panels/policyPackPanel.ts';
import { StoragePanel } from './ui/panels/storagePanel.ts';
import { WorkflowRunPanel } from './ui/panels/workflowRunPanel.ts';
import { createStatusBar } from './ui/statusBar.ts';
import { datasetsSection } from './ui/trees/datasetsSection.ts';
import { bundlesSection } from './ui/trees/bundlesSection.ts';
import { StorageTree } from './ui/trees/storageTree.ts';
import { GovernanceTree } from './ui/trees/governanceTree.ts';
import { WorkflowsTree } from './ui/trees/workflowsTree.ts';
import { refreshAfterRuns } from './ui/workflows/refreshAfterRuns.ts';
import { registerReports } from './ui/workflows/report.ts';
import { RunActs } from './ui/workflows/runActs.ts';
import { StoreStatus } from './ui/storeStatus.ts';
import { ConnectionsTree } from './ui/trees/connectionsTree.ts';

const tellInterruptedAfterMs = 4000;

/** Everything that a person sees, constructed on the use cases. */
export function composeUi(context: ExtensionContext, services: Services): Disposable {
  const { connections, clock, keys, log, stores, trust } = services;
  const observability = new ObservabilityPanel({
    extensionUri: context.extensionUri,
    gate: services.gate,
    stores,
    connections,
    sampler: services.sampler,
    settings: services.settings,
    trust,
    clock,
    log,
    files: nodeRowFiles,
    connect: (connectionId) => connections.connect(connectionId),
    keyUri: (connectionId, key) => keys.uri({ connectionId, key }),
  });
  const { keysParts } = services;
  const browsers = new KeyBrowsers(keysParts);
  const tree = new ConnectionsTree({ connections, browsers, keys: keysParts });
  const files = new KeyFileSystem({
    keys,
    clock,
    connection: (uid) => ({ summary: connections.view(uid).summary, db: connections.definitionOf(uid).db }),
    isReady: (uid) => connections.views().some(({ summary }) => summary.uid === uid && summary.state === 'ready'),
  });
  const replies = new ReplyDocuments();
  const { workflows, incidents } = services;
  const bundlePanel = new IncidentBundlePanel({
    extensionUri: context.extensionUri,
    service: incidents,
    history: stores.history,
    connections,
    trust,
    clock,
    log,
    askTarget: askBundleTarget,
  });
  const runPanel = new WorkflowRunPanel({
    extensionUri: context.extensionUri,
    service: workflows,
    connections,
    trust,
    clock,
    log,
  });
  const workflowsTree = new WorkflowsTree(workflows, clock, (id) => nameOf(connections, id));
  const { retention } = services;
  const storagePanel = new StoragePanel({ extensionUri: context.extensionUri, retention, clock, log });
  // Groups in this order; bundles stand before the store.
  const { governance } = services;
  const packPanel = new PolicyPackPanel({
    extensionUri: context.extensionUri,
    service: governance,
    connections,
    trust,
    clock,
    log,
  });
  const governanceTree = new GovernanceTree(governance, clock, (id) => nameOf(connections, id));
  const storageTree = new StorageTree([bundlesSection(incidents), datasetsSection(retention)], clock);
  const { alerts } = services;
  const alertsModel = new AlertsModel(alerts, clock, log);
  const alertsTree = new AlertsTree(alertsModel, connections, clock);
  const rulePanel = new AlertRulePanel({
    ...services,
    extensionUri: context.extensionUri,
    service: alerts,
    model: alertsModel,
  });
  const toasts = new AlertToasts({
    store: stores.alerts,
    holder: services.holder,
    clock,
    log,
    isFocused: () => window.state.focused,
    show: (events) => showAlerts({ service: alerts, connections, log }, events),
  });
  const acts = new RunActs(workflows, connections);
  const api = checkedApi(services.api);
  const interactive = {
    ...workflowCommands({
      service: workflows,
      connections,
      acts,
      panel: runPanel,
      tree: workflowsTree,
      clockMs: () => clock.wallMs(),
    }),
    ...governanceCommands({
      service: governance,
      connections,
      sessions: connections,
      panel: packPanel,
      tree: governanceTree,
      clock,
    }),
    ...connectionCommands(connections),
    ...retentionCommands({
      api: api.retention,
      retention,
      enforcement: services.enforcement,
      panel: storagePanel,
      folder: Uri.joinPath(context.globalStorageUri, 'store'),
      clockMs: () => clock.wallMs(),
    }),
    ...keyCommands({ connections, keys, keysParts, browsers, files, replies, tree }),
    ...alertCommands({ service: alerts, panel: rulePanel, tree: alertsTree, clock }),
    ...incidentCommands({
      service: incidents,
      panel: bundlePanel,
      connections,
      clockMs: () => clock.wallMs(),
      unpackViewer: (bundle) => unpackViewer(context, bundle.path, bundle.id),
    }),
    ...observabilityCommands(observability, services, connections),
  };
  alerts.begin();
  toasts.begin();
  return Disposable.from(
    followContext(connections),
    createStatusBar(connections, clock),
    observability,
    tree.register(),
    files.register(),
    replies.register(),
    colourDocuments(files),
    registerJsonFormatter(),
    new KeyLenses(files, connections).register(),
    refreshWithConnections(files, connections),
    browsers,
    runPanel,
    storagePanel,
    bundlePanel,
    workflowsTree.register(),
    alertsModel,
    alertsTree.register(),
    rulePanel,
    createAlertsStatus(alertsModel),
    toasts,
    alerts.onDidChange(() => toasts.expect()),
    services.alertEvents.onDidRaise(() => alertsModel.refreshSoon()),
    services.alertEvents.onDidRaise(() => toasts.expect()),
    packPanel,
    governanceTree.register(),
    storageTree.register(),
    registerReports(workflows),
    refreshAfterRuns(workflows, browsers, files),
    workflows.watch(),
    // Soon after start-up, not in it: activation reads settings only.
    clock.after(
      tellInterruptedAfterMs,
      () =>
        void tellInterrupted({ service: incidents, panel: bundlePanel }).catch((error: unknown) =>
          log.warn('interrupted exports not told', { code: asFailure(error).code }),
        ),
    ),
    new StoreStatus(stores).register(),
    ...registerCommands(api, interactive, log),
  );
}

/** A browser opens files, not members of a zip. */
async function unpackViewer(context: ExtensionContext, path: string, id: string): Promise<string> {
  const { unpackMember } = await import('./adapters/files/unpackMember.ts');
  const folder = Uri.joinPath(context.globalStorageUri, 'incidents', 'viewer', id).fsPath;
  return unpackMember(path, 'index.html', folder);
}

/** A run may belong to a connection whose definition is gone. */
function nameOf(connections: Services['connections'], id: string): string {
  return connections.views().find(({ summary }) => summary.id === id || summary.uid === id)?.summary.name ?? id;
}
