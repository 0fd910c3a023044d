import type { CachifyApi } from '../api.ts';

/** The ids of package.json's `contributes`, in types. test/unit/manifest.test.ts compares the two, both ways. */

type Namespaces = Omit<CachifyApi, 'version'>;

/** `cachify.<namespace>.<method>` for every method of the API. */
export type ApiCommandId = {
  [N in keyof Namespaces]: `cachify.${N}.${keyof Namespaces[N] & string}`;
}[keyof Namespaces];

/** Every method of the API is a command; forgetting one does not compile. */
const apiCommands: { readonly [Id in ApiCommandId]: true } = {
  'cachify.connections.list': true,
  'cachify.connections.add': true,
  'cachify.connections.update': true,
  'cachify.connections.remove': true,
  'cachify.connections.test': true,
  'cachify.connections.connect': true,
  'cachify.connections.disconnect': true,
  'cachify.connections.unlock': true,
  'cachify.connections.lock': true,
  'cachify.connections.approve': true,
  'cachify.keys.scan': true,
  'cachify.keys.count': true,
  'cachify.keys.read': true,
  'cachify.keys.write': true,
  'cachify.keys.remove': true,
  'cachify.keys.rename': true,
  'cachify.keys.setTtl': true,
  'cachify.keys.command': true,
  'cachify.keys.uri': true,
  'cachify.keys.snapshots': true,
  'cachify.keys.restore': true,
  'cachify.workflows.templates': true,
  'cachify.workflows.saveTemplate': true,
  'cachify.workflows.removeTemplate': true,
  'cachify.workflows.plan': true,
  'cachify.workflows.planItems': true,
  'cachify.workflows.start': true,
  'cachify.workflows.wait': true,
  'cachify.workflows.pause': true,
  'cachify.workflows.cancel': true,
  'cachify.workflows.resume': true,
  'cachify.workflows.rerun': true,
  'cachify.workflows.undo': true,
  'cachify.workflows.schedule': true,
  'cachify.workflows.resolveInDoubt': true,
  'cachify.workflows.runs': true,
  'cachify.workflows.run': true,
  'cachify.alerts.rules': true,
  'cachify.alerts.saveRule': true,
  'cachify.alerts.removeRule': true,
  'cachify.alerts.backtest': true,
  'cachify.alerts.evaluate': true,
  'cachify.alerts.events': true,
  'cachify.alerts.markRead': true,
  'cachify.alerts.snooze': true,
  'cachify.alerts.exportRules': true,
  'cachify.alerts.importRules': true,
  'cachify.governance.packs': true,
  'cachify.governance.savePack': true,
  'cachify.governance.removePack': true,
  'cachify.governance.assign': true,
  'cachify.governance.assignments': true,
  'cachify.governance.explain': true,
  'cachify.governance.replay': true,
  'cachify.governance.exportPacks': true,
  'cachify.governance.importPacks': true,
  'cachify.governance.decisions': true,
  'cachify.retention.policies': true,
  'cachify.retention.savePolicy': true,
  'cachify.retention.summary': true,
  'cachify.retention.planPurge': true,
  'cachify.retention.purge': true,
  'cachify.retention.undoPurge': true,
  'cachify.incidents.preview': true,
  'cachify.incidents.export': true,
  'cachify.incidents.job': true,
  'cachify.incidents.jobs': true,
  'cachify.incidents.wait': true,
  'cachify.incidents.cancel': true,
  'cachify.incidents.resume': true,
  'cachify.incidents.bundles': true,
  'cachify.incidents.verify': true,
  'cachify.incidents.removeBundle': true,
  'cachify.retention.exportDatabase': true,
  'cachify.retention.verify': true,
  'cachify.retention.importDesktop': true,
  'cachify.observability.overview': true,
  'cachify.observability.timeline': true,
  'cachify.observability.sampleNow': true,
  'cachify.observability.keyspaceActivity': true,
  'cachify.observability.failures': true,
  'cachify.observability.compare': true,
  'cachify.observability.watchActivity': true,
};

export const apiCommandIds = Object.keys(apiCommands) as ApiCommandId[];

/** Commands that only make sense for a person: they open, choose, filter, copy. */
export const uiCommandIds = [
  'cachify.connections.refresh',
  'cachify.connections.pick',
  'cachify.connections.openSettings',
  'cachify.connections.copyEntry',
  'cachify.keys.open',
  'cachify.keys.create',
  'cachify.keys.filter',
  'cachify.keys.clearFilter',
  'cachify.keys.refresh',
  'cachify.keys.loadMore',
  'cachify.keys.stopScan',
  'cachify.keys.copyName',
  'cachify.keys.copyValue',
  'cachify.keys.compare',
  'cachify.keys.compareWithSnapshot',
  'cachify.workflows.open',
  'cachify.workflows.planFolderDelete',
  'cachify.workflows.planFolderTtl',
  'cachify.workflows.newTemplate',
  'cachify.workflows.editTemplate',
  'cachify.workflows.duplicateTemplate',
  'cachify.workflows.report',
  'cachify.workflows.refresh',
  'cachify.governance.newPack',
  'cachify.governance.openPack',
  'cachify.governance.duplicatePack',
  'cachify.governance.enablePack',
  'cachify.governance.disablePack',
  'cachify.governance.unassign',
  'cachify.governance.why',
  'cachify.governance.aclUser',
  'cachify.governance.openSettings',
  'cachify.governance.refresh',
  'cachify.retention.open',
  'cachify.retention.refresh',
  'cachify.retention.openFolder',
  'cachify.retention.confirmClock',
  'cachify.retention.reset',
  'cachify.alerts.newRule',
  'cachify.alerts.openRule',
  'cachify.alerts.duplicateRule',
  'cachify.alerts.enableRule',
  'cachify.alerts.disableRule',
  'cachify.alerts.muteRule',
  'cachify.alerts.unmuteRule',
  'cachify.alerts.openChart',
  'cachify.alerts.openFailures',
  'cachify.alerts.compareWithBefore',
  'cachify.alerts.openBundle',
  'cachify.alerts.markAllRead',
  'cachify.alerts.show',
  'cachify.alerts.refresh',
  'cachify.alerts.openSettings',
  'cachify.observability.open',
  'cachify.observability.openTimeline',
  'cachify.observability.openKeyspace',
  'cachify.observability.openFailures',
  'cachify.observability.openCompare',
  'cachify.observability.openSlowOperations',
  'cachify.incidents.open',
  'cachify.incidents.reveal',
  'cachify.incidents.openViewer',
  'cachify.incidents.exportAgain',
  'cachify.incidents.explainToken',
] as const;

export type UiCommandId = (typeof uiCommandIds)[number];
export type CommandId = ApiCommandId | UiCommandId;

/**
 * What a command does when a person calls it: from the palette (no argument) or from a tree item (the item, then all
 * selected items when there are several).
 */
export type InteractiveCommand = (item?: unknown, selected?: readonly unknown[]) => unknown;

export const viewIds = {
  connections: 'cachify.connections',
  workflows: 'cachify.workflows',
  governance: 'cachify.governance',
  alerts: 'cachify.alerts',
  storage: 'cachify.storage',
} as const;

export const panelTypes = {
  observability: 'cachify.observability',
  workflowRun: 'cachify.workflowRun',
  policyPack: 'cachify.policyPack',
  storage: 'cachify.storagePanel',
  incidentBundle: 'cachify.incidentBundle',
  alertRule: 'cachify.alertRule',
} as const;

export const fileSystemScheme = 'cachify';

/** Run reports. */
export const reportScheme = 'cachify-report';

/** Context keys for `when` clauses. */
export const contextKeys = ['cachify.ready', 'cachify.hasConnections', 'cachify.scanning'] as const;
export type ContextKey = (typeof contextKeys)[number];
