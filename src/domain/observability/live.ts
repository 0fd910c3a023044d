import type { FailureCode } from '../failure.ts';

/** A look at a server at one moment, compared with the look before. Null = not known. */
export interface LiveServer {
  /** UTC. */
  readonly at: string;
  readonly opsPerSecond: number | null;
  readonly usedMemoryBytes: number | null;
  readonly maxMemoryBytes: number | null;
  /** 0..1; null also when nothing was looked up. */
  readonly hitRatio: number | null;
  readonly connectedClients: number | null;
}

export interface LiveUpdate {
  /** Null: no connection is watched, only history. */
  readonly connectionId: string | null;
  /** Grows whenever stored history may have changed. */
  readonly revision: number;
  /** Absent when there is no connection, or it is not ready, or it did not answer. */
  readonly server?: LiveServer;
  /** Why it did not answer. */
  readonly problem?: FailureCode;
}
