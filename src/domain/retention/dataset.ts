/** What retention policies are for. */
export const datasets = ['timelineEvents', 'observabilitySnapshots', 'workflowHistory', 'incidentArtifacts'] as const;

export type Dataset = (typeof datasets)[number];

/** All that is kept and can be purged: the datasets, and the previous values of keys, whose limits are settings. */
export const keptDatasets = [...datasets, 'keySnapshots'] as const;

export type KeptDataset = (typeof keptDatasets)[number];

/** The least important first: what goes first, and what is not collected when nothing else helps. */
export const purgeOrder: readonly KeptDataset[] = [
  'observabilitySnapshots',
  'timelineEvents',
  'workflowHistory',
  'incidentArtifacts',
  'keySnapshots',
];

export const datasetTitles: Readonly<Record<KeptDataset, string>> = {
  timelineEvents: 'Timeline events',
  observabilitySnapshots: 'Observability samples',
  workflowHistory: 'Workflow history',
  incidentArtifacts: 'Incident bundles',
  keySnapshots: 'Key snapshots',
};

/** What one row of a dataset is called. */
export const rowWords: Readonly<Record<KeptDataset, string>> = {
  timelineEvents: 'event',
  observabilitySnapshots: 'sample',
  workflowHistory: 'run',
  incidentArtifacts: 'bundle',
  keySnapshots: 'snapshot',
};
