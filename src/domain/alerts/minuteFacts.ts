import type { LatencySketchJson } from '../observability/latencySketch.ts';
import type { EngineFacts } from './engineFacts.ts';

/** Everything that the history holds about one connection in one minute. A minute that is not there was not watched. */
export interface MinuteFacts {
  /** Start of the minute, milliseconds since the epoch. */
  readonly startMs: number;
  /** Seconds of it in which samples covered the connection, 0..60. */
  readonly watchedSeconds: number;
  /** Our own operations. */
  readonly success: number;
  readonly error: number;
  /** Our own operations of 100 ms and more. */
  readonly slow: number;
  /** Latencies of the successful ones; null = none. */
  readonly sketch: LatencySketchJson | null;
  /** What the server said; null = it was not asked. */
  readonly engine: EngineFacts | null;
}
