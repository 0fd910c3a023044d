import type { ConnectionHealth, OperationBucket } from './overview.ts';
import type { SampleSeries } from './series.ts';

/** What the charts of one connection over a window are drawn from. */
export interface ConnectionCharts {
  readonly from: string;
  readonly to: string;
  /** 0..1: watched share of the window. */
  readonly coverage: number;
  readonly health: ConnectionHealth;
  readonly bucketSeconds: number;
  /** Oldest first; a bucket that is absent saw no operation of ours. */
  readonly operations: readonly OperationBucket[];
  readonly samples: SampleSeries;
}
