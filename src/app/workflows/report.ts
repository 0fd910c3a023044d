import { formatCount, formatDuration } from '../../domain/format.ts';
import type { RunEvent } from '../../domain/workflows/events.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import { stateWords } from '../../domain/workflows/words.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import type { RunHistory } from './views.ts';

interface ReportSource {
  run(runId: string): Promise<WorkflowRun | null>;
  history(runId: string): Promise<readonly RunHistory[]>;
  planItems(q: { readonly runId: string; readonly cursor?: string; readonly limit?: number }): Promise<{
    items: { readonly name: string }[];
  }>;
}

const listedProblems = 200;

/** A run's report in Markdown: what was planned, what happened, what did not, with names of keys and no values. */
export async function reportOf(service: ReportSource, runId: string): Promise<string> {
  const run = await service.run(runId);
  if (run === null) return '# Run\n\nThere is no such run any more.\n';
  const histories = await service.history(runId);
  const last = histories.at(-1);
  const plan = last?.run?.plan;
  const { counts } = run;
  const lines = [
    `# ${text(run.name)}`,
    '',
    `State: **${stateWords[run.state]}**${run.undone ? ', undone' : ''} · connection ${text(run.connectionId)} · run \`${run.id}\``,
    ...(run.error === undefined ? [] : ['', `> ${text(run.error.message)} ${text(run.error.nextAction ?? '')}`]),
    '',
    '| | items |',
    '| --- | ---: |',
    `| planned | ${formatCount(counts.planned)} |`,
    `| done | ${formatCount(counts.done)} |`,
    `| skipped, missing | ${formatCount(counts.skippedMissing)} |`,
    `| skipped, changed since the plan | ${formatCount(counts.skippedConflict)} |`,
    `| failed | ${formatCount(counts.failed)} |`,
    `| in doubt | ${formatCount(counts.inDoubt)} |`,
  ];
  if (plan !== undefined) {
    lines.push(
      '',
      '## Plan',
      '',
      `Made at ${new Date(plan.plannedAtMs).toISOString()} in ${formatDuration(plan.plannedInMs)}. Hash \`${plan.hash}\`.`,
    );
    lines.push('', 'Parameters:', '', '```json', JSON.stringify(run.parameters, null, 2), '```');
    lines.push('', `Guarantee: ${kindOf(run.kind).guarantee}`);
    lines.push(
      '',
      ...table('Folder', plan.byFolder),
      '',
      ...table(plan.typesExact ? 'Type' : 'Type (estimated from a sample)', plan.byType),
    );
  }
  lines.push('', '## Attempts', '', '| run | began | state | done in all |', '| --- | --- | --- | ---: |');
  for (const { runId: id, startedAt, state, done } of run.attempts)
    lines.push(`| \`${id.slice(0, 8)}\` | ${startedAt} | ${stateWords[state]} | ${formatCount(done)} |`);
  lines.push(
    '',
    '## What happened',
    '',
    ...happeningsOf(histories).map(({ at, text: words }) => `- ${at} ${text(words)}`),
  );
  lines.push('', '## Items that were not done', '', ...(await problemLines(service, run)));
  const undo = last?.run?.undoState;
  if (undo) {
    lines.push('', '## Undo', '');
    lines.push(
      `${formatCount(undo.restored)} restored, ${formatCount(undo.expired)} would have expired since, ${formatCount(undo.conflicts.length)} conflicts left alone.`,
    );
    for (const { index, reason } of undo.conflicts.slice(0, listedProblems))
      lines.push(`- item ${index + 1}: ${text(reason)}`);
  }
  return `${lines.join('\n')}\n`;
}

function table(title: string, counts: readonly { readonly name: string; readonly count: number }[]): string[] {
  if (counts.length === 0) return [];
  return [
    `| ${title} | items |`,
    '| --- | ---: |',
    ...counts.map(({ name, count }) => `| ${text(name)} | ${formatCount(count)} |`),
  ];
}

const told: ReadonlySet<RunEvent['kind']> = new Set([
  'started',
  'released',
  'doubted',
  'doubtResolved',
  'scheduled',
  'stopped',
  'completed',
  'carriedOn',
  'resumedBy',
  'undoBegan',
  'undone',
]);

/** Notable events in the order in which they happened. */
export function happeningsOf(histories: readonly RunHistory[]): { readonly at: string; readonly text: string }[] {
  return histories
    .flatMap(({ events }) => events.map(({ event }) => event))
    .filter(({ kind }) => told.has(kind))
    .slice(-200)
    .map((event) => ({ at: event.at, text: wordsOf(event) }));
}

function wordsOf(event: RunEvent): string {
  switch (event.kind) {
    case 'started':
      return `started, undo ${event.undo}${event.serverDrift === undefined ? '' : `; ${event.serverDrift}`}`;
    case 'released':
      return `batch ${event.batch} was not applied (${event.why}): ${event.cause?.message ?? ''}`;
    case 'doubted':
      return `batch ${event.batch} got no answer: ${event.cause.message}`;
    case 'stopped':
      return `${stateWords[event.state]}${event.cause === undefined ? '' : `: ${event.cause.message}`}`;
    case 'carriedOn':
      return `goes on with run ${event.fromRunId.slice(0, 8)} at item ${formatCount(event.carried.next)}`;
    case 'resumedBy':
      return `resumed by run ${event.runId.slice(0, 8)}`;
    case 'scheduled':
      return `scheduled for ${event.forAt}`;
    case 'doubtResolved':
      return `decided: ${event.choice}`;
    case 'undoBegan':
      return 'undo began';
    case 'undone':
      return 'undo finished';
    default:
      return event.kind;
  }
}

async function problemLines(service: ReportSource, run: WorkflowRun): Promise<string[]> {
  if (run.problems.length === 0) return ['None.'];
  const lines: string[] = [];
  for (const { index, outcome, message } of run.problems.slice(0, listedProblems)) {
    const { items } = await service.planItems({ runId: run.id, cursor: String(index), limit: 1 });
    lines.push(`- ${text(items[0]?.name ?? `item ${index + 1}`)}: ${outcome.replace('_', ', ')}. ${text(message)}`);
  }
  const more = run.counts.skipped + run.counts.failed - lines.length;
  if (more > 0) lines.push(`- and ${formatCount(more)} more`);
  return lines;
}

/** Server and user text as Markdown shows it literally. */
function text(value: string): string {
  return value.replace(/[\\`*_{}[\]<>()#+!|~-]/g, '\\$&').replace(/\r?\n/g, ' ');
}
