import type { Clock } from '../../../../app/ports/clock.ts';
import type { StoreEngine } from '../../storeEngine.ts';
import type { TelemetryGroup, TelemetryQueue } from '../telemetryQueue.ts';

/** What answers calls: each returns or promises what its port says. */
export type Handlers<Calls> = {
  readonly [K in keyof Calls]: Calls[K] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Result | Promise<Result>
    : never;
};

/** The two stores, and what buffers writes to the second. */
export interface StoreParts {
  readonly control: StoreEngine;
  readonly history: StoreEngine;
  readonly telemetry: TelemetryQueue;
  readonly clock: Clock;
  writeTelemetry(group: TelemetryGroup): Promise<void>;
}
