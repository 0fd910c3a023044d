import { clientsRatio } from './clientsRatio.ts';
import { connectionDown } from './connectionDown.ts';
import { errorRate } from './errorRate.ts';
import { errorReplyRatio } from './errorReplyRatio.ts';
import { evictedKeys } from './evictedKeys.ts';
import { failedOperationCount } from './failedOperationCount.ts';
import { fragmentationRatio } from './fragmentationRatio.ts';
import { hitRatio } from './hitRatio.ts';
import { latencyP95Ms } from './latencyP95Ms.ts';
import { mainThreadCpuRatio } from './mainThreadCpuRatio.ts';
import { maxMemoryUnset } from './maxMemoryUnset.ts';
import { memoryRatio } from './memoryRatio.ts';
import { persistenceFailing } from './persistenceFailing.ts';
import { rejectedConnections } from './rejectedConnections.ts';
import { replicasLost } from './replicasLost.ts';
import { replicationLinkDown } from './replicationLinkDown.ts';
import { residentRatio } from './residentRatio.ts';
import { slowCommandCount } from './slowCommandCount.ts';
import { slowOperationCount } from './slowOperationCount.ts';
import type { AlertMetric } from './metric.ts';

/** Every metric, in the order in which a person chooses. */
export const alertMetrics: readonly AlertMetric[] = [
  errorRate,
  latencyP95Ms,
  slowOperationCount,
  failedOperationCount,
  memoryRatio,
  evictedKeys,
  rejectedConnections,
  hitRatio,
  clientsRatio,
  replicationLinkDown,
  connectionDown,
  fragmentationRatio,
  maxMemoryUnset,
  residentRatio,
  replicasLost,
  persistenceFailing,
  mainThreadCpuRatio,
  slowCommandCount,
  errorReplyRatio,
];

const byId = new Map(alertMetrics.map((metric) => [metric.id, metric]));

/** undefined = there is no such metric. */
export function metricOf(id: string): AlertMetric | undefined {
  return byId.get(id);
}
