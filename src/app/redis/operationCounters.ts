import { LatencySketch } from '../../domain/observability/latencySketch.ts';
import type { OperationStats } from '../../domain/observability/operationStats.ts';

interface Counters {
  operations: number;
  errors: number;
  latency: LatencySketch;
}

function empty(): Counters {
  return { operations: 0, errors: 0, latency: new LatencySketch() };
}

/** Counters per connection, in memory, for the sampler to take away. */
export class OperationCounters {
  private readonly byConnection = new Map<string, Counters>();

  succeeded(connectionUid: string, durationMs: number): void {
    const counters = this.of(connectionUid);
    counters.operations += 1;
    counters.latency.add(durationMs);
  }

  failed(connectionUid: string): void {
    const counters = this.of(connectionUid);
    counters.operations += 1;
    counters.errors += 1;
  }

  /** What was counted since the last call, which then starts at zero. */
  drain(connectionUid: string): OperationStats {
    const counters = this.of(connectionUid);
    this.byConnection.delete(connectionUid);
    return counters;
  }

  private of(connectionUid: string): Counters {
    const known = this.byConnection.get(connectionUid);
    if (known !== undefined) return known;
    const counters = empty();
    this.byConnection.set(connectionUid, counters);
    return counters;
  }
}
