import type { CheckpointKey } from './checkpointKey.ts';
import type { RunHost } from './runHost.ts';
import type { RunReader } from './runReader.ts';

/** What the parts of the service share: the runs of this window, how runs are read, and the key of their tokens. */
export interface Inside {
  readonly host: RunHost;
  readonly reader: RunReader;
  readonly key: CheckpointKey;
}
