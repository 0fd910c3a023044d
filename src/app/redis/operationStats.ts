import { LatencySketch } from '../../domain/observability/latencySketch.ts';

/** What happened on one connection since it was last drained. */
export interface OperationStats {
  /** Operations that a person or a run caused; our own polling does not count. */
  readonly operations: number;
  readonly errors: number;
  readonly blocked: number;
  readonly reconnects: number;
  /** Durations of those that succeeded, milliseconds. */
  readonly latency: LatencySketch;
}

interface Counters {
  operations: number;
  errors: number;
  blocked: number;
  reconnects: number;
  latency: LatencySketch;
}

function empty(): Counters {
  return { operations: 0, errors: 0, blocked: 0, reconnects: 0, latency: new LatencySketch() };
}

/** Counters per connection, in memory, for the sampler to take away. */
export class OperationCounters {
  private readonly byConnection = new Map<string, Counters>();

  succeeded(connectionUid: string, durationMs: number): void {
    const counters = this.of(connectionUid);
    counters.operations += 1;
    counters.latency.add(durationMs);
  }

  failed(connectionUid: string, kind: 'errors' | 'blocked'): void {
    const counters = this.of(connectionUid);
    counters.operations += 1;
    counters[kind] += 1;
  }

  reconnected(connectionUid: string): void {
    this.of(connectionUid).reconnects += 1;
  }

  /** What was counted since the last call, which then starts at zero. */
  drain(connectionUid: string): OperationStats {
    const counters = this.of(connectionUid);
    this.byConnection.set(connectionUid, empty());
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
