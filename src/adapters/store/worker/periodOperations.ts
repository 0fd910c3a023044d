import type { FamilyOperations, PeriodOperations, StoreScope, TimeWindow } from '../../../app/ports/stores.ts';
import { familyOf } from '../../../domain/observability/family.ts';
import { LatencySketch } from '../../../domain/observability/latencySketch.ts';
import type { EventStatus } from '../../../domain/timeline/event.ts';
import type { FailureCode } from '../../../domain/failure.ts';
import { sketchJson } from '../sql/sketchBytes.ts';
import type { StoreEngine } from '../storeEngine.ts';
import { eventsBetween } from './repositories/eventsBetween.ts';
import { addToFamily, emptyFamilySum, type FamilySum } from './repositories/familyRollups.ts';
import { allOf, inList } from './repositories/rows.ts';
import { watchedMinutes, watchedSecondsIn } from './repositories/watchedMinutes.ts';
import { isoMs } from './windows.ts';

interface Family {
  readonly sum: FamilySum<LatencySketch>;
  readonly operations: Map<number, number>;
  readonly slow: Map<number, number>;
}

type FamiliesQuery = TimeWindow & StoreScope & { readonly sketches: boolean };

/** Our own operations of a window by command family. Whole minutes come from roll-ups, its ends from rows. */
export function periodOperations(history: StoreEngine, query: FamiliesQuery): PeriodOperations {
  const fromMs = Date.parse(isoMs(query.from));
  const toMs = Date.parse(isoMs(query.to));
  const firstWhole = Math.ceil(fromMs / 60_000) * 60;
  const endWhole = Math.max(firstWhole, Math.floor(toMs / 60_000) * 60);
  const families = new Map<string, Family>();
  addRollups(history, query, firstWhole, endWhole, families);
  addRows(history, query, fromMs, Math.min(toMs, firstWhole * 1000), families);
  addRows(history, query, Math.max(fromMs, endWhole * 1000, firstWhole * 1000), toMs, families);
  const firstMinute = Math.floor(fromMs / 60_000) * 60;
  const watched = watchedMinutes(history.read(), query, firstMinute, Math.ceil(toMs / 60_000) * 60);
  const minutes = [...watched.secondsByMinute.keys()]
    .filter((start) => start >= firstWhole && start < endWhole)
    .sort((a, b) => a - b);
  const watchedSeconds = watchedSecondsIn(watched, fromMs, toMs);
  return {
    minutes,
    watchedSeconds,
    coverage: Math.min(1, watchedSeconds / (((toMs - fromMs) / 1000) * watched.connections)),
    families: [...families].map(([family, facts]) => familyOperations(family, facts, minutes, query.sketches)),
  };
}

function familyOperations(
  family: string,
  { sum, operations, slow }: Family,
  minutes: readonly number[],
  sketches: boolean,
): FamilyOperations {
  return {
    family,
    operations: sum.operations,
    errors: sum.errors,
    timeouts: sum.timeouts,
    slow: sum.slow,
    ...(sketches ? { sketch: sum.sketch.toJSON() } : {}),
    operationsPerMinute: minutes.map((start) => operations.get(start) ?? 0),
    slowPerMinute: minutes.map((start) => slow.get(start) ?? 0),
  };
}

function familyIn(families: Map<string, Family>, name: string): Family {
  const known = families.get(name);
  if (known !== undefined) return known;
  const family = {
    sum: emptyFamilySum(new LatencySketch()),
    operations: new Map<number, number>(),
    slow: new Map<number, number>(),
  };
  families.set(name, family);
  return family;
}

function addRollups(
  history: StoreEngine,
  query: FamiliesQuery,
  from: number,
  to: number,
  families: Map<string, Family>,
): void {
  if (to <= from) return;
  const where = allOf([
    { sql: 'start >= ? AND start < ?', params: [from, to] },
    inList('connection_id', query.connectionIds),
    inList('environment', query.environments),
  ]);
  const columns = `start, family, operations, errors, timeouts, slow${query.sketches ? ', sketch' : ''}`;
  const rows = history.read().each(`SELECT ${columns} FROM family_rollups WHERE ${where.sql}`, where.params);
  for (const [start, name, operations, errors, timeouts, slow, sketch] of rows) {
    const { sum, ...perMinute } = familyIn(families, String(name));
    sum.operations += Number(operations);
    sum.errors += Number(errors);
    sum.timeouts += Number(timeouts);
    sum.slow += Number(slow);
    if (sketch instanceof Uint8Array) sum.sketch.mergeJson(sketchJson(sketch));
    const minute = Number(start);
    perMinute.operations.set(minute, (perMinute.operations.get(minute) ?? 0) + Number(operations));
    perMinute.slow.set(minute, (perMinute.slow.get(minute) ?? 0) + Number(slow));
  }
}

function addRows(
  history: StoreEngine,
  query: FamiliesQuery,
  fromMs: number,
  toMs: number,
  families: Map<string, Family>,
): void {
  const columns = "action, CASE action WHEN 'keys.command' THEN details_json END, status, error_code, duration_ms";
  for (const [action, details, status, code, duration] of eventsBetween(history, query, columns, fromMs, toMs)) {
    if (status === 'blocked') continue;
    const family = familyOf({
      action: String(action),
      ...(typeof details === 'string' ? { details: JSON.parse(details) as Record<string, unknown> } : {}),
    });
    addToFamily(familyIn(families, family).sum, {
      status: status as EventStatus,
      durationMs: Number(duration),
      ...(typeof code === 'string' ? { errorCode: code as FailureCode } : {}),
    });
  }
}
