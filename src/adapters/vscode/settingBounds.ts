import type { NumberSetting } from '../../app/ports/environment.ts';

/** The manifest's `minimum` and `maximum`; a test compares them. */
export const settingBounds: Readonly<Record<NumberSetting, { readonly minimum: number; readonly maximum: number }>> = {
  'keys.pageSize': { minimum: 50, maximum: 5000 },
  'keys.maxDocumentBytes': { minimum: 1024, maximum: 16_777_216 },
  'keys.snapshotBudgetMb': { minimum: 0, maximum: 4096 },
  'keys.snapshotDays': { minimum: 1, maximum: 3650 },
  'observability.sampleSeconds': { minimum: 5, maximum: 300 },
};
