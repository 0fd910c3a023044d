import type { IncidentCounts, IncidentInclude, RedactionProfile, RedactionSummary } from './definition.ts';

/** Events of one stretch of the range. */
export interface PageBucket {
  readonly success: number;
  readonly error: number;
  readonly blocked: number;
}

/** What `index.html` shows; all of it is redacted already. */
export interface PageData {
  readonly tool: { readonly name: string; readonly version: string };
  readonly createdAt: string;
  readonly from: string;
  readonly to: string;
  readonly includes: readonly IncidentInclude[];
  readonly profile: RedactionProfile;
  readonly counts: IncidentCounts;
  readonly omitted: readonly { readonly what: string; readonly reason: string }[];
  readonly buckets: readonly PageBucket[];
  /** Lines of timeline.jsonl as objects, oldest first; not all of a large bundle (see `events.of`). */
  readonly events: { readonly shown: readonly unknown[]; readonly of: number };
  /** Lines of metrics.jsonl, thinned. */
  readonly samples: readonly unknown[];
  readonly workflows: readonly unknown[];
  readonly alerts: unknown;
  readonly decisions: readonly unknown[];
  readonly diagnostics: readonly unknown[];
  /** Warnings and errors of logs.jsonl, the newest. */
  readonly logs: readonly unknown[];
  readonly redactions: readonly Omit<RedactionSummary, 'examples'>[];
}

const buckets = 120;
const keptFailures = 5000;
const keptOthers = 5000;
/** Of failures and of others each: a few lines of a strange kind must not make the page heavy. */
const keptCharacters = 4_000_000;
const keptSamples = 6000;
const keptLogs = 500;

/** The newest of what passes, in order: so many, and no more characters than that. */
class Newest {
  #lines: string[] = [];
  readonly #most: number;
  /** Where the kept ones begin. */
  #from = 0;
  #characters = 0;
  seen = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(line: string): void {
    this.seen += 1;
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length - this.#from > this.#most || this.#characters > keptCharacters) {
      this.#characters -= this.#lines[this.#from]?.length ?? 0;
      this.#lines[this.#from] = '';
      this.#from += 1;
    }
    if (this.#from > this.#most) {
      this.#lines = this.all();
      this.#from = 0;
    }
  }

  all(): string[] {
    return this.#lines.slice(this.#from);
  }
}

/** Every n-th of what passes, n doubling when there are too many. */
class Thinned {
  #lines: string[] = [];
  #step = 1;
  #seen = 0;

  add(line: string): void {
    if (this.#seen % this.#step === 0) this.#lines.push(line);
    this.#seen += 1;
    if (this.#lines.length <= keptSamples) return;
    this.#lines = this.#lines.filter((_, at) => at % 2 === 0);
    this.#step *= 2;
  }

  all(): string[] {
    return this.#lines;
  }
}

/** What of the log a page shows: what went wrong. */
export function pageLogs(records: readonly unknown[]): unknown[] {
  const levelOf = (record: unknown): unknown => (record as { readonly level?: unknown } | null)?.level;
  return records.filter((record) => levelOf(record) === 'warn' || levelOf(record) === 'error').slice(-keptLogs);
}

/** Gathers what the page shows while the lines of a bundle pass by. Memory does not grow with their number. */
export class PageGathering {
  readonly #fromMs: number;
  readonly #spanMs: number;
  readonly #buckets = Array.from({ length: buckets }, () => ({ success: 0, error: 0, blocked: 0 }));
  #at = 0;
  #bucketFrom = '~';
  #bucketTo = '';
  readonly #failures = new Newest(keptFailures);
  readonly #others = new Newest(keptOthers);
  readonly #samples = new Thinned();

  constructor(from: string, to: string) {
    this.#fromMs = Date.parse(from);
    this.#spanMs = Math.max(1, Date.parse(to) - this.#fromMs);
  }

  event(line: string, timestamp: string, status: string): void {
    // Events come nearly in order of time: most lie in the bucket of the one before, and times compare as texts.
    if (timestamp < this.#bucketFrom || timestamp >= this.#bucketTo) this.#turnTo(timestamp);
    const bucket = this.#buckets[this.#at];
    if (bucket !== undefined) bucket[status === 'error' || status === 'blocked' ? status : 'success'] += 1;
    (status === 'success' ? this.#others : this.#failures).add(line);
  }

  #turnTo(timestamp: string): void {
    const at = Math.floor(((Date.parse(timestamp) - this.#fromMs) / this.#spanMs) * buckets);
    this.#at = Math.min(buckets - 1, Math.max(0, at));
    const edge = (bucket: number): string =>
      new Date(this.#fromMs + Math.ceil((bucket * this.#spanMs) / buckets)).toISOString();
    this.#bucketFrom = edge(this.#at);
    this.#bucketTo = edge(this.#at + 1);
  }

  sample(line: string): void {
    this.#samples.add(line);
  }

  /** The data of the page as JSON, in pieces. Lines are JSON already: thousands of them are put in as they are. */
  *dataPieces(rest: Omit<PageData, 'buckets' | 'events' | 'samples'>): Generator<string> {
    yield JSON.stringify({ ...rest, buckets: this.#buckets }).slice(0, -1);
    yield `,"events":{"of":${this.#failures.seen + this.#others.seen},"shown":`;
    // Every line begins with its time, so lines sort by time as texts.
    yield* listPieces([...this.#failures.all(), ...this.#others.all()].sort());
    yield '},"samples":';
    yield* listPieces(this.#samples.all());
    yield '}';
  }
}

function* listPieces(lines: readonly string[]): Generator<string> {
  yield '[';
  for (const [at, line] of lines.entries()) yield at === 0 ? line.trimEnd() : `,${line.trimEnd()}`;
  yield ']';
}
