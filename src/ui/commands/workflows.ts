import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { WorkflowService } from '../../app/workflows/workflowService.ts';
import { textOf } from '../../domain/bytes.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { globLiteral } from '../../domain/redis/glob.ts';
import type { WorkflowTemplate } from '../../domain/workflows/builtIns.ts';
import { workflowKinds, type WorkflowKind } from '../../domain/workflows/definition.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import type { RunAbilities, WorkflowRun } from '../../domain/workflows/views.ts';
import { runLine } from '../../domain/workflows/words.ts';
import { window } from 'vscode';
import type { WorkflowRunPanel } from '../panels/workflowRunPanel.ts';
import { askChoice, askText, back } from '../quickInput.ts';
import { FolderNode } from '../trees/nodes.ts';
import { RunNode, TemplateNode } from '../trees/workflowNodes.ts';
import type { WorkflowsTree } from '../trees/workflowsTree.ts';
import { askParameters } from '../workflows/askParameters.ts';
import { showReport } from '../workflows/report.ts';
import type { RunActs } from '../workflows/runActs.ts';
import { chooseConnection } from './connections.ts';
import { isPlainObject, type InteractiveCommands } from './register.ts';

type WorkflowCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.workflows.${string}`>>;

export interface WorkflowCommandParts {
  readonly service: WorkflowService;
  readonly connections: ConnectionService;
  readonly acts: RunActs;
  readonly panel: WorkflowRunPanel;
  readonly tree: WorkflowsTree;
  readonly clockMs: () => number;
}

/** What commands about workflows do when a person calls them. */
export function workflowCommands(parts: WorkflowCommandParts): WorkflowCommands {
  const { service, acts, panel, tree } = parts;
  const withRun =
    (title: string, ability: keyof RunAbilities | null, act: (run: WorkflowRun) => Promise<unknown>) =>
    async (item: unknown): Promise<void> => {
      const run = await chooseRun(parts, item, title, ability);
      if (run !== undefined) await act(run);
    };
  return {
    'cachify.workflows.plan': (item) => planAsPerson(parts, item),
    'cachify.workflows.planFolderDelete': (item) => planFolder(parts, item, 'deleteByPattern'),
    'cachify.workflows.planFolderTtl': (item) => planFolder(parts, item, 'ttlNormalize'),
    'cachify.workflows.open': withRun('Open which run?', null, (run) => panel.open(run.id)),
    'cachify.workflows.report': withRun('Report of which run?', null, showReport),
    'cachify.workflows.start': withRun('Start which plan?', 'start', async (run) => {
      await panel.open(run.id, { preserveFocus: true });
      await acts.start(run);
    }),
    'cachify.workflows.resume': withRun('Resume which run?', 'resume', async (run) => {
      const resumed = await acts.resume(run);
      if (resumed !== undefined) await panel.open(resumed.id);
    }),
    'cachify.workflows.pause': withRun('Pause which run?', 'pause', (run) => acts.pause(run)),
    'cachify.workflows.cancel': withRun('Cancel which run?', 'cancel', (run) => acts.cancel(run)),
    'cachify.workflows.undo': withRun('Undo which run?', 'undo', (run) => acts.undo(run)),
    'cachify.workflows.resolveInDoubt': withRun('Decide on which run?', 'resolveInDoubt', (run) =>
      acts.resolveInDoubt(run),
    ),
    'cachify.workflows.schedule': withRun('Start which plan when its window opens?', 'start', (run) =>
      acts.schedule(run),
    ),
    'cachify.workflows.rerun': withRun('Plan which run again?', 'rerun', (run) => planAgain(parts, run)),
    'cachify.workflows.newTemplate': () => newTemplate(parts),
    'cachify.workflows.editTemplate': async (item) => {
      const template = await chooseTemplate(parts, item, 'Edit which template?', true);
      if (template !== undefined) await saveAsPerson(parts, template);
    },
    'cachify.workflows.duplicateTemplate': async (item) => {
      const template = await chooseTemplate(parts, item, 'Duplicate which template?', false);
      if (template === undefined) return;
      const { kind, parameters, name } = template;
      await saveAsPerson(parts, { kind, parameters, name: `${name} (copy)` });
    },
    'cachify.workflows.removeTemplate': async (item) => {
      const template = await chooseTemplate(parts, item, 'Delete which template?', true);
      if (template === undefined) return;
      const remove = 'Delete template';
      const answer = await window.showWarningMessage(
        `Delete the template ${display(template.name)}?`,
        { modal: true },
        remove,
      );
      if (answer === remove) await service.removeTemplate(template.id);
    },
    'cachify.workflows.refresh': () => tree.refresh(),
  };
}

async function planAsPerson(parts: WorkflowCommandParts, item: unknown): Promise<void> {
  const template =
    item instanceof TemplateNode ? item.template : await chooseTemplate(parts, undefined, 'Plan what?', false);
  if (template === undefined) return;
  const view = await chooseConnection(parts.connections, undefined, {
    title: `${template.name}: on which connection?`,
  });
  if (view === undefined) return;
  const parameters = await askParameters(template.kind, template.parameters);
  if (parameters === undefined) return;
  const plan = await parts.acts.plan({ connectionId: view.summary.uid, kind: template.kind, parameters });
  await parts.panel.open(plan.runId);
}

/** From a folder of the key tree: the pattern is the folder's own bytes, never what they look like. */
async function planFolder(parts: WorkflowCommandParts, item: unknown, kind: WorkflowKind): Promise<void> {
  if (!(item instanceof FolderNode)) {
    throw new Failure('VALIDATION_ERROR', 'This command works on a folder of the key tree.', {
      nextAction: 'Choose a folder in the Connections view.',
    });
  }
  const { prefix } = item.facts;
  const literal = textOf(globLiteral(prefix));
  if (literal === null) {
    throw new Failure(
      'NOT_SUPPORTED',
      `The folder ${display(prefix)} has a name that is not text, which a pattern cannot hold.`,
      {
        nextAction: 'Select its keys and delete them, up to 10,000 at a time.',
      },
    );
  }
  const pattern = `${literal}*`;
  const parameters =
    kind === 'deleteByPattern'
      ? { pattern }
      : await askParameters(kind, { pattern, ttlSeconds: 24 * 3600, mode: 'all' });
  if (parameters === undefined) return;
  const plan = await parts.acts.plan({ connectionId: item.connectionUid, kind, parameters });
  await parts.panel.open(plan.runId);
}

async function planAgain(parts: WorkflowCommandParts, run: WorkflowRun): Promise<void> {
  const same = await askChoice({
    title: `Plan ${display(run.name)} again`,
    placeholder: 'With the same parameters?',
    choices: [
      { label: 'The same', value: true },
      { label: 'With changes…', value: false },
    ],
  });
  if (same === undefined || same === back) return;
  const parameters = same ? undefined : await askParameters(run.kind, run.parameters);
  if (!same && parameters === undefined) return;
  const plan = await parts.acts.planAgain(run, parameters);
  await parts.panel.open(plan.runId);
}

async function newTemplate(parts: WorkflowCommandParts): Promise<void> {
  const kind = await askChoice({
    title: 'New template',
    placeholder: 'What shall it do?',
    choices: workflowKinds.map((value) => ({ label: kindOf(value).title, detail: kindOf(value).guarantee, value })),
  });
  if (kind !== undefined && kind !== back) await saveAsPerson(parts, { kind, parameters: {}, name: '' });
}

async function saveAsPerson(
  parts: WorkflowCommandParts,
  from: {
    readonly id?: string;
    readonly name: string;
    readonly kind: WorkflowKind;
    readonly parameters: WorkflowTemplate['parameters'];
  },
): Promise<void> {
  const parameters = await askParameters(from.kind, from.parameters);
  if (parameters === undefined) return;
  const name = await askText({
    title: 'Name of the template',
    prompt: 'As it stands in the Workflows view',
    value: from.name,
    validate: (text) => (text.trim() === '' ? 'A template needs a name.' : undefined),
  });
  if (typeof name !== 'string') return;
  await parts.service.saveTemplate({
    ...(from.id === undefined ? {} : { id: from.id }),
    name,
    kind: from.kind,
    parameters,
  });
}

async function chooseTemplate(
  { service }: WorkflowCommandParts,
  item: unknown,
  title: string,
  ownOnly: boolean,
): Promise<WorkflowTemplate | undefined> {
  if (item instanceof TemplateNode) return item.template;
  const templates = (await service.templates()).filter(({ builtIn }) => !ownOnly || !builtIn);
  if (templates.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no template of your own yet.', {
      nextAction: 'Duplicate a built-in one, or create one with "Cachify: New Template…".',
    });
  }
  const chosen = await askChoice({
    title,
    placeholder: 'Choose a template',
    choices: templates.map((value) => ({ label: value.name, description: kindOf(value.kind).title, value })),
  });
  return chosen === back ? undefined : chosen;
}

/** The run that another surface, such as an event of the timeline, names. */
async function runOf(service: WorkflowService, { runId }: Record<string, unknown>): Promise<WorkflowRun> {
  const run = typeof runId === 'string' ? await service.run(runId) : null;
  if (run !== null) return run;
  throw new Failure('VALIDATION_ERROR', 'This run is not there any more; what it did stands in the timeline.', {
    details: { path: 'runId' },
  });
}

async function chooseRun(
  { service, clockMs }: WorkflowCommandParts,
  item: unknown,
  title: string,
  ability: keyof RunAbilities | null,
): Promise<WorkflowRun | undefined> {
  if (item instanceof RunNode) return (await service.run(item.run.id)) ?? item.run;
  if (isPlainObject(item)) return runOf(service, item);
  const runs = (await service.runs()).filter(({ can }) => ability === null || can[ability]);
  if (runs.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no run that this command is for.', {
      nextAction: 'Plan one with "Cachify: Plan Workflow…".',
    });
  }
  const chosen = await askChoice({
    title,
    placeholder: 'Choose a run',
    choices: runs.map((value) => ({ label: value.name, description: runLine(value, clockMs()), value })),
  });
  return chosen === back ? undefined : chosen;
}
