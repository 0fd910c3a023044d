import type { LatencySketch } from './latencySketch.ts';

/** Our own operations on one connection in a stretch of time. */
export interface OperationStats {
  /** That reached the server: succeeded and failed, not those that were blocked before. */
  readonly operations: number;
  readonly errors: number;
  /** Milliseconds of the successful ones. */
  readonly latency: LatencySketch;
}
