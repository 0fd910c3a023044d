import { utf8 } from '../../domain/bytes.ts';
import { validationFailure } from '../../domain/failure.ts';
import type { WorkflowKind } from '../../domain/workflows/definition.ts';
import { entriesOfFile } from '../../domain/workflows/entryFile.ts';
import { emptyCounts } from '../../domain/workflows/events.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import type { WorkflowPlan } from '../../domain/workflows/views.ts';
import { isoTime } from '../ports/clock.ts';
import type { RunRow } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';
import { makePlan, requireWritable, type PlanRequest } from './plan.ts';
import { oneNodeOnly } from './refusals.ts';
import { templateById } from './templates.ts';
import { planView } from './views.ts';

export interface PlanQuery {
  readonly connectionId: string;
  readonly templateId?: string;
  readonly kind?: WorkflowKind;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** Plans and stores the plan as a run in the state `planned`. */
export async function newPlan(
  parts: WorkflowParts,
  q: PlanQuery,
  onProgress: PlanRequest['onProgress'],
): Promise<WorkflowPlan> {
  const template = q.templateId === undefined ? undefined : await templateById(parts, q.templateId);
  const kindName = q.kind ?? template?.kind;
  if (kindName === undefined) throw validationFailure('kind', 'Say what to plan: `kind` or `templateId`.');
  if (template !== undefined && q.kind !== undefined && q.kind !== template.kind)
    throw validationFailure('kind', `The template is of the kind ${template.kind}.`);
  const parameters = { ...template?.parameters, ...q.parameters };
  const kind = kindOf(kindName);
  const checked = kind.check(await withFile(parts, kindName, parameters));
  const definition = parts.definitionOf(q.connectionId);
  const { readOnlyNow, session } = await parts.sessions.active(definition.uid);
  requireWritable(definition, readOnlyNow);
  if (session.server.mode === 'cluster' && session.cluster === undefined) throw oneNodeOnly();
  const id = parts.digest.uuid();
  const at = isoTime(parts.clock);
  const ruling = await parts.governance.rule({
    connectionUid: definition.uid,
    action: 'workflows.plan',
    items: 0,
    at,
  });
  const summary = await makePlan(parts, {
    definition,
    kind,
    checked,
    spoolId: id,
    maxItems: ruling.maxItems,
    ...(q.signal === undefined ? {} : { signal: q.signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const startRuling = await parts.governance.foresee({
    connectionUid: definition.uid,
    action: 'workflows.start',
    items: summary.count,
    runId: id,
    at: isoTime(parts.clock),
  });
  const remembered = kind.remember(checked) as Readonly<Record<string, unknown>>;
  const row: RunRow = {
    id,
    name: kind.describe(remembered),
    kind: kindName,
    templateId: q.templateId ?? null,
    connectionId: definition.uid,
    state: 'planned',
    startedAt: at,
    finishedAt: null,
    retryCount: 0,
    parameters: remembered,
    counts: emptyCounts(summary.count),
    cause: null,
    checkpointToken: null,
    policyPackIds: startRuling.packIds,
    scheduleWindowId: startRuling.windowId,
    resumedFromExecutionId: null,
    resumedBy: null,
    spoolId: id,
    sameness: parts.digest.sha256([utf8(JSON.stringify([definition.uid, kindName, sorted(remembered)]))]),
    undone: false,
    undoPurged: false,
  };
  await parts.store.create(row, [{ sequence: 0, event: { kind: 'planned', at, plan: summary } }]);
  return planView(parts, row, summary, startRuling);
}

async function withFile(
  parts: WorkflowParts,
  kind: WorkflowKind,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const { file, entries } = parameters;
  if (kind !== 'warmupSet' || typeof file !== 'string' || entries !== undefined) return { ...parameters };
  const { name, bytes } = await parts.entryFiles.read(file);
  return { ...parameters, entries: entriesOfFile(name, bytes) };
}

function sorted(value: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
