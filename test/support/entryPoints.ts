// Every way into the product, and what it can do to a server. A command that is added and not named here fails
// test/unit/ui/entryPoints.test.ts; what is named as changing keys is tried under a denying pack by test/vscode/governance.test.ts.

/** What a way in can do to a server. */
export type Reach =
  /** Touches no server, or only to connect, look and listen. */
  | 'harmless'
  /** Changes keys, or leads to that: must be refused under a pack that denies. */
  | 'changes'
  /** Plans a change; only reads, and its plan says what policies say. */
  | 'plans'
  /** A person's form of the API command that is named: it ends in the same use case. */
  | { readonly formOf: string };

/** Features that never hold a connection of their own: whatever they do to a server goes through the gate. */
export const withoutServers: readonly string[] = [
  'cachify.alerts.',
  'cachify.incidents.',
  'cachify.retention.',
  'cachify.observability.',
  'cachify.governance.',
  'cachify.connections.',
];

export const entryPoints: Readonly<Record<string, Reach>> = {
  'cachify.keys.scan': 'harmless',
  'cachify.keys.count': 'harmless',
  'cachify.keys.read': 'harmless',
  'cachify.keys.write': 'changes',
  'cachify.keys.remove': 'changes',
  'cachify.keys.rename': 'changes',
  'cachify.keys.setTtl': 'changes',
  'cachify.keys.command': 'changes',
  'cachify.keys.uri': 'harmless',
  'cachify.keys.snapshots': 'harmless',
  'cachify.keys.restore': 'changes',
  'cachify.keys.open': 'harmless',
  'cachify.keys.create': { formOf: 'cachify.keys.write' },
  'cachify.keys.filter': 'harmless',
  'cachify.keys.clearFilter': 'harmless',
  'cachify.keys.refresh': 'harmless',
  'cachify.keys.loadMore': 'harmless',
  'cachify.keys.stopScan': 'harmless',
  'cachify.keys.copyName': 'harmless',
  'cachify.keys.copyValue': 'harmless',
  'cachify.keys.compare': 'harmless',
  'cachify.keys.compareWithSnapshot': 'harmless',
  'cachify.workflows.templates': 'harmless',
  'cachify.workflows.saveTemplate': 'harmless',
  'cachify.workflows.removeTemplate': 'harmless',
  'cachify.workflows.plan': 'plans',
  'cachify.workflows.planItems': 'harmless',
  'cachify.workflows.start': 'changes',
  'cachify.workflows.wait': 'harmless',
  'cachify.workflows.pause': 'harmless',
  'cachify.workflows.cancel': 'harmless',
  'cachify.workflows.resume': 'changes',
  'cachify.workflows.rerun': 'plans',
  'cachify.workflows.undo': 'changes',
  'cachify.workflows.schedule': 'changes',
  'cachify.workflows.resolveInDoubt': 'harmless',
  'cachify.workflows.runs': 'harmless',
  'cachify.workflows.run': 'harmless',
  'cachify.workflows.open': 'harmless',
  'cachify.workflows.planFolderDelete': { formOf: 'cachify.workflows.plan' },
  'cachify.workflows.planFolderTtl': { formOf: 'cachify.workflows.plan' },
  'cachify.workflows.newTemplate': 'harmless',
  'cachify.workflows.editTemplate': 'harmless',
  'cachify.workflows.duplicateTemplate': 'harmless',
  'cachify.workflows.report': 'harmless',
  'cachify.workflows.refresh': 'harmless',
};
