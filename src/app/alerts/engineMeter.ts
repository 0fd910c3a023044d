import { engineCounters, engineLook, type EngineCounters } from '../../domain/alerts/engineLook.ts';
import type { EngineLook } from '../../domain/alerts/engineFacts.ts';
import type { RedisReply } from '../../domain/redis/command.ts';
import { parseInfo } from '../../domain/redis/info.ts';
import type { Clock } from '../ports/clock.ts';

/** Reads from the INFO of a sample what alerts need, and keeps the counters to compare the next one with. */
export class EngineMeter {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #counters = new Map<string, EngineCounters>();

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock;
  }

  /** `seconds` since the last look; 0 = the stretch between was not watched. Where INFO is denied, only that it answers. */
  look(connectionUid: string, info: RedisReply, seconds: number): EngineLook {
    if (!(info instanceof Uint8Array)) return { gauges: { connectionDown: 0 }, counters: {} };
    const fields = parseInfo(info);
    const before = seconds > 0 ? (this.#counters.get(connectionUid) ?? null) : null;
    this.#counters.set(connectionUid, engineCounters(fields));
    return engineLook(fields, before, seconds, this.#clock.wallMs());
  }

  forget(connectionUid: string): void {
    this.#counters.delete(connectionUid);
  }
}
