import { undisplay } from '../display.ts';
import { failureCodes, type FailureCode } from '../failure.ts';
import type { EventStatus, HistoryEvent } from '../timeline/event.ts';
import { keyPattern, plainKeyPattern } from './keyPattern.ts';
import type { ObservabilitySnapshot } from './snapshot.ts';

/** `errorRate`: too many recent operations of the connection had failed for another try. */
export type StopReason = 'exhausted' | 'nonRetryable' | 'errorRate' | 'policy' | 'cancelled' | 'deadline';

/** One try of an operation. */
export interface Attempt {
  /** From 1. */
  readonly n: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly outcome: EventStatus;
  readonly errorCode?: FailureCode;
  readonly retryable?: boolean;
  /** Pause before the next try; null for the last. */
  readonly nextDelayMs: number | null;
  /** Why there was no further try; only on the last. */
  readonly stopReason?: StopReason;
}

export interface RelatedEvent {
  readonly event: HistoryEvent;
  /** What makes it related, as a sentence part. */
  readonly why: string;
}

/** A failed operation with everything that is known around it. */
export interface FailedOperation {
  readonly event: HistoryEvent;
  /** Key pattern that its group goes by. */
  readonly pattern: string;
  readonly attempts: readonly Attempt[];
  /** The closest first, at most 50. */
  readonly related: readonly RelatedEvent[];
  /** Related events beyond those. */
  readonly relatedLeftOut: number;
  /** The latest sample at or before the failure; absent = there is none. */
  readonly snapshot?: ObservabilitySnapshot;
  /** `stale`: older than 15 minutes at the failure. */
  readonly snapshotState: 'current' | 'stale' | 'none';
}

export interface FailureGroup {
  readonly connectionId: string;
  readonly action: string;
  readonly errorCode: FailureCode | null;
  readonly pattern: string;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Events of the group, newest first. */
  readonly eventIds: readonly string[];
}

export const maxRelated = 50;
export const relatedPatternMs = 60_000;
const relatedConnectionMs = 30_000;
const staleMs = 15 * 60_000;

/** The pattern of what an event acted on; empty when it names no key. */
export function eventPattern(event: Pick<HistoryEvent, 'keyOrPattern'>): string {
  const { keyOrPattern } = event;
  if (keyOrPattern === '') return '';
  return plainKeyPattern(keyOrPattern) ?? keyPattern(undisplay(keyOrPattern)).pattern;
}

/** A test of displayed keys against a pattern: those whose own pattern it is, and those that merged names stand for. */
export function patternTest(pattern: string): (keyOrPattern: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const wide = new RegExp(`^${parts.join('[^:/|.]*')}$`, 'u');
  return (keyOrPattern) => wide.test(keyOrPattern) || eventPattern({ keyOrPattern }) === pattern;
}

/**
 * Puts a failure together from the events around it (any order, the failure's own among them or not) and the latest
 * sample of its connection at or before it.
 */
export function failedOperation(
  event: HistoryEvent,
  around: readonly HistoryEvent[],
  snapshot: ObservabilitySnapshot | null,
): FailedOperation {
  const attempts = attemptsOf(event, around);
  const related = relatedTo(event, around);
  const isUsable = snapshot !== null && snapshot.timestamp <= event.timestamp;
  const ageMs = isUsable ? Date.parse(event.timestamp) - Date.parse(snapshot.timestamp) : 0;
  return {
    event,
    pattern: eventPattern(event),
    attempts,
    related: related.slice(0, maxRelated),
    relatedLeftOut: Math.max(0, related.length - maxRelated),
    ...(isUsable ? { snapshot } : {}),
    snapshotState: !isUsable ? 'none' : ageMs > staleMs ? 'stale' : 'current',
  };
}

/** Tries that are events of their own, tries that the event itself lists, or the one that it is. */
function attemptsOf(event: HistoryEvent, around: readonly HistoryEvent[]): Attempt[] {
  const listed = listedAttempts(event);
  if (listed.length > 0) return withDelays(listed, event);
  const siblings = around.filter((other) => other.id !== event.id && isTryOfSame(event, other));
  const tries = [...siblings, event]
    .map((one): Attempt => ({ n: one.attempt ?? 1, startedAt: one.timestamp, ...outcomeOf(one), nextDelayMs: null }))
    .sort((a, b) => a.n - b.n || (a.startedAt < b.startedAt ? -1 : 1));
  return withDelays(tries, event);
}

function isTryOfSame(event: HistoryEvent, other: HistoryEvent): boolean {
  return (
    event.correlationId !== undefined &&
    other.correlationId === event.correlationId &&
    other.action === event.action &&
    other.keyOrPattern === event.keyOrPattern &&
    other.connectionId === event.connectionId &&
    other.attempt !== undefined &&
    other.attempt < (event.attempt ?? 1)
  );
}

function outcomeOf(event: HistoryEvent): Pick<Attempt, 'durationMs' | 'outcome' | 'errorCode' | 'retryable'> {
  return {
    durationMs: event.durationMs,
    outcome: event.status,
    ...(event.errorCode === undefined ? {} : { errorCode: event.errorCode }),
    ...(event.retryable === undefined ? {} : { retryable: event.retryable }),
  };
}

/** `details.attempts`, as the gate writes them: `{ at, durationMs, errorCode?, delayMs? }` per try. */
function listedAttempts(event: HistoryEvent): Attempt[] {
  const listed: unknown = event.details?.['attempts'];
  if (!Array.isArray(listed)) return [];
  const attempts: Attempt[] = [];
  for (const item of listed as unknown[]) {
    if (typeof item !== 'object' || item === null) continue;
    const at: unknown = Reflect.get(item, 'at');
    const durationMs: unknown = Reflect.get(item, 'durationMs');
    const errorCode = failureCodes.find((code) => code === Reflect.get(item, 'errorCode'));
    const delayMs: unknown = Reflect.get(item, 'delayMs');
    if (typeof at !== 'string' || typeof durationMs !== 'number' || Number.isNaN(Date.parse(at))) continue;
    attempts.push({
      n: attempts.length + 1,
      startedAt: at,
      durationMs,
      outcome: errorCode === undefined ? 'success' : 'error',
      ...(errorCode === undefined ? {} : { errorCode }),
      nextDelayMs: typeof delayMs === 'number' ? delayMs : null,
    });
  }
  return attempts;
}

function withDelays(attempts: readonly Attempt[], event: HistoryEvent): Attempt[] {
  return attempts.map((attempt, index) => {
    const next = attempts[index + 1];
    if (next === undefined) return { ...attempt, nextDelayMs: null, stopReason: stopReasonOf(event) };
    const end = Date.parse(attempt.startedAt) + attempt.durationMs;
    return { ...attempt, nextDelayMs: attempt.nextDelayMs ?? Math.max(0, Date.parse(next.startedAt) - end) };
  });
}

const stopReasons: readonly unknown[] = [
  'exhausted',
  'nonRetryable',
  'errorRate',
  'policy',
  'cancelled',
  'deadline',
] satisfies StopReason[];

function stopReasonOf(event: HistoryEvent): StopReason {
  const listed: unknown = event.details?.['attempts'];
  const last: unknown = Array.isArray(listed) ? listed.findLast((one) => typeof one === 'object') : event.details;
  const recorded: unknown = typeof last === 'object' && last !== null ? Reflect.get(last, 'stopReason') : undefined;
  if (stopReasons.includes(recorded)) return recorded as StopReason;
  if (event.errorCode === 'CANCELLED') return 'cancelled';
  if (event.errorCode === 'BLOCKED') return 'policy';
  return event.retryable === true ? 'exhausted' : 'nonRetryable';
}

/** Other events that belong to a failure, the strongest reason first, then the nearest in time. */
function relatedTo(event: HistoryEvent, around: readonly HistoryEvent[]): RelatedEvent[] {
  const atMs = Date.parse(event.timestamp);
  const pattern = eventPattern(event);
  const ranked: { readonly related: RelatedEvent; readonly rank: number; readonly distance: number }[] = [];
  for (const other of around) {
    if (other.id === event.id) continue;
    const distance = Math.abs(Date.parse(other.timestamp) - atMs);
    const reason = reasonFor(event, other, pattern, distance);
    if (reason !== null) ranked.push({ related: { event: other, why: reason.why }, rank: reason.rank, distance });
  }
  return ranked.sort((a, b) => a.rank - b.rank || a.distance - b.distance).map(({ related }) => related);
}

function reasonFor(
  event: HistoryEvent,
  other: HistoryEvent,
  pattern: string,
  distance: number,
): { readonly rank: number; readonly why: string } | null {
  if (event.correlationId !== undefined && other.correlationId === event.correlationId) {
    return { rank: 0, why: 'part of the same operation' };
  }
  if (event.runId !== undefined && other.runId === event.runId) return { rank: 1, why: 'same workflow run' };
  if (other.connectionId !== event.connectionId) return null;
  if (distance <= relatedPatternMs && pattern !== '' && eventPattern(other) === pattern) {
    return { rank: 2, why: 'same keys within 60 s' };
  }
  return distance <= relatedConnectionMs ? { rank: 3, why: 'same connection within 30 s' } : null;
}

/** Failures of one kind together, the most recent group first. */
export function groupFailures(failures: readonly HistoryEvent[]): FailureGroup[] {
  const groups = new Map<string, HistoryEvent[]>();
  for (const event of failures) {
    const name = JSON.stringify([event.connectionId, event.action, event.errorCode ?? null, eventPattern(event)]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [event]);
    else group.push(event);
  }
  return [...groups.values()]
    .map((events) => groupOf(events.sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))))
    .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
}

function groupOf(newestFirst: readonly HistoryEvent[]): FailureGroup {
  const newest = newestFirst[0];
  const oldest = newestFirst.at(-1);
  if (newest === undefined || oldest === undefined) throw new RangeError('A group has at least one event');
  return {
    connectionId: newest.connectionId,
    action: newest.action,
    errorCode: newest.errorCode ?? null,
    pattern: eventPattern(newest),
    count: newestFirst.length,
    firstAt: oldest.timestamp,
    lastAt: newest.timestamp,
    eventIds: newestFirst.map((event) => event.id),
  };
}
