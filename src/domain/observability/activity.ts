import { defaultCapacity, TopPatterns } from './topPatterns.ts';

/**
 * Where figures of the keyspace come from; never mixed in one ranking. `client`: what Cachify sent, exact but only
 * ours. `notifications` and `monitor`: what a time-boxed watch saw of everybody. `scan`: which keys there are, not
 * which are used.
 */
export const activitySources = ['client', 'notifications', 'monitor', 'scan'] as const;
export type ActivitySource = (typeof activitySources)[number];

export interface PatternActivity {
  /** Safe to show. */
  readonly pattern: string;
  /** At most `maxOvercount` too high. For `scan`: keys. */
  readonly touches: number;
  readonly maxOvercount: number;
  readonly errors: number;
  /** UTC; null for `scan`. */
  readonly lastTouchedAt: string | null;
  /** Whether its place before the next row is not certain. */
  readonly tie: boolean;
}

export interface ActivityBucket {
  readonly from: string;
  readonly to: string;
  readonly touches: number;
  readonly errors: number;
  /** 0..1: watched share of the bucket; below 1 it is drawn as a gap. */
  readonly coverage: number;
}

/** Which keys were touched in a window, by pattern and over time. */
export interface KeyspaceActivity {
  readonly source: ActivitySource;
  readonly from: string;
  readonly to: string;
  readonly totalEvents: number;
  /** 0..1: watched share of the window. For `scan`: looked-at share of the keyspace. */
  readonly coverage: number;
  /** The most touched first. */
  readonly topPatterns: readonly PatternActivity[];
  /** Equal stretches of the window, oldest first. */
  readonly distribution: readonly ActivityBucket[];
  /** Only of a watch that has just ended. */
  readonly watch?: WatchCounts;
}

/** What a watch did with what the server sent: `seen = stored + dropped`, exactly. */
export interface WatchCounts {
  readonly seen: number;
  /** Counted in the result; `withoutKey` of them name no key (PING, scripts, the AUTH family, …). */
  readonly stored: number;
  readonly withoutKey: number;
  /** Left out, the oldest first, because they came faster than they could be read. */
  readonly dropped: number;
  readonly seconds: number;
  /** Only of a cluster: the primaries and when each was watched. What one did at other times was not seen. */
  readonly nodes?: readonly WatchedNode[];
}

/** A stretch in which a primary was watched, UTC; one that was lost and came back has several. */
export interface WatchedNode {
  /** `host:port` */
  readonly node: string;
  readonly from: string;
  readonly to: string;
}

/** Touches of one pattern in one minute. */
export interface ActivityRow {
  readonly minuteMs: number;
  readonly pattern: string;
  readonly touches: number;
  readonly errors: number;
  readonly lastMs: number;
}

const minuteMs = 60_000;
const secondMs = 1_000;

/** Counts a watch in bounded memory: a ranking per minute, touches per second. */
export class ActivityCounter {
  private readonly all = new TopPatterns(defaultCapacity);
  private readonly minutes = new Map<number, TopPatterns>();
  private readonly seconds = new Map<number, number>();
  private readonly maxSeconds: number;

  /** Touches of more than `maxSeconds` different seconds count in totals only. */
  constructor(maxSeconds: number) {
    this.maxSeconds = maxSeconds;
  }

  add(pattern: string, atMs: number): void {
    this.all.add(pattern, atMs);
    const minute = Math.floor(atMs / minuteMs) * minuteMs;
    let ranking = this.minutes.get(minute);
    if (ranking === undefined) {
      if (this.minutes.size > this.maxSeconds / 60 + 2) return;
      this.minutes.set(minute, (ranking = new TopPatterns(defaultCapacity)));
    }
    ranking.add(pattern, atMs);
    const second = Math.floor(atMs / secondMs) * secondMs;
    const count = this.seconds.get(second);
    if (count !== undefined || this.seconds.size < this.maxSeconds + 2) this.seconds.set(second, (count ?? 0) + 1);
  }

  /** For storing: their touches add up to everything that was added. */
  rows(): ActivityRow[] {
    return [...this.minutes].flatMap(([minute, ranking]) =>
      ranking.ranked(defaultCapacity).map(({ pattern, touches, errors, lastTouchedMs }) => ({
        minuteMs: minute,
        pattern,
        touches,
        errors,
        lastMs: lastTouchedMs,
      })),
    );
  }

  /** The result of a watch over [fromMs, toMs). */
  result(source: ActivitySource, fromMs: number, toMs: number, limit: number): Omit<KeyspaceActivity, 'watch'> {
    const step = Math.max(secondMs, Math.ceil((toMs - fromMs) / 60 / secondMs) * secondMs);
    const distribution: ActivityBucket[] = [];
    for (let start = fromMs; start < toMs; start += step) {
      const end = Math.min(toMs, start + step);
      distribution.push({ from: iso(start), to: iso(end), touches: 0, errors: 0, coverage: 1 });
    }
    const touches = distribution.map(() => 0);
    for (const [second, count] of this.seconds) {
      // Clocks of server and host differ: what lies outside belongs to the nearest end.
      const at = Math.min(Math.max(0, Math.floor((second - fromMs) / step)), touches.length - 1);
      touches[at] = (touches[at] ?? 0) + count;
    }
    return {
      source,
      from: iso(fromMs),
      to: iso(toMs),
      totalEvents: this.all.total,
      coverage: 1,
      topPatterns: this.all.ranked(limit).map(({ lastTouchedMs, ...row }) => ({
        ...row,
        lastTouchedAt: iso(lastTouchedMs),
      })),
      distribution: distribution.map((bucket, at) => ({ ...bucket, touches: touches[at] ?? 0 })),
    };
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
