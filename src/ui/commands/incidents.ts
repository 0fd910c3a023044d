import { window } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { IncidentService } from '../../app/incidents/incidentService.ts';
import { isoAt } from '../../app/ports/clock.ts';
import { findConnection } from '../../app/observability/watched.ts';
import { display } from '../../domain/display.ts';
import { validationFailure } from '../../domain/failure.ts';
import { formatCounted } from '../../domain/format.ts';
import type { BundleVerdict, ExportJob, IncidentBundle } from '../../domain/incidents/definition.ts';
import type { IncidentBundlePanel } from '../panels/incidentBundlePanel.ts';
import { askText } from '../quickInput.ts';
import { openInBrowser, revealInOs } from '../revealInOs.ts';
import { BundleRow, ExportRow } from '../trees/bundlesSection.ts';
import { RunNode } from '../trees/workflowNodes.ts';
import { isPlainObject, type InteractiveCommands } from './register.ts';

type IncidentCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.incidents.${string}`>>;

interface Parts {
  readonly service: IncidentService;
  readonly panel: IncidentBundlePanel;
  readonly connections: ConnectionService;
  readonly clockMs: () => number;
  /** Unpacks `index.html` of a bundle for a browser of this machine; its path. */
  readonly unpackViewer: (bundle: IncidentBundle) => Promise<string>;
}

const aroundRunMs = 5 * 60_000;

/** What commands about incident bundles do when a person calls them. */
export function incidentCommands(parts: Parts): IncidentCommands {
  const { service, panel, connections } = parts;
  const newBundle = (): Promise<void> => panel.open();
  return {
    'cachify.incidents.open': async (item) => {
      if (item instanceof BundleRow) return panel.openOn({ bundle: item.bundle });
      if (item instanceof ExportRow) return panel.openOn({ job: item.job });
      if (item instanceof RunNode) return panel.open(rangeOf(item, parts.clockMs()));
      return panel.open(isPlainObject(item) ? await linkOf(item, connections) : {});
    },
    'cachify.incidents.preview': newBundle,
    'cachify.incidents.export': newBundle,
    'cachify.incidents.cancel': async (item) => {
      const job = await jobOf(service, item, ['running', 'pending', 'interrupted']);
      if (job !== undefined) await service.cancel(job.id);
    },
    'cachify.incidents.resume': async (item) => {
      const job = await jobOf(service, item, ['interrupted']);
      if (job === undefined) return;
      await panel.openOn({ job: await service.resume(job.id) });
    },
    'cachify.incidents.verify': (item) => verify(service, item),
    'cachify.incidents.removeBundle': async (item) => {
      const bundle = await bundleOf(service, item);
      if (bundle === undefined) return;
      const detail = 'The file itself stays where it is.';
      const answer = await window.showWarningMessage(
        `Delete the record of ${display(bundle.path)}?`,
        { modal: true, detail },
        'Delete record',
      );
      if (answer === 'Delete record') await service.removeBundle(bundle.id);
    },
    'cachify.incidents.reveal': async (item) => {
      const bundle = await bundleOf(service, item);
      if (bundle !== undefined) await revealInOs(bundle.path);
    },
    'cachify.incidents.openViewer': async (item) => {
      const bundle = await bundleOf(service, item);
      if (bundle !== undefined) await openInBrowser(await parts.unpackViewer(bundle));
    },
    'cachify.incidents.exportAgain': async (item) => {
      const bundle = await bundleOf(service, item);
      if (bundle !== undefined) await panel.openAgain(bundle.request);
    },
    'cachify.incidents.explainToken': (item) => explainToken(service, item),
  };
}

/** Tells once, at start-up, what a crash left behind. */
export async function tellInterrupted({ service, panel }: Pick<Parts, 'service' | 'panel'>): Promise<void> {
  const [first, ...others] = await service.interrupted();
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` ${formatCounted(others.length, 'more export')} wait too.`;
  const answer = await window.showInformationMessage(
    `The export of ${display(first.target)} was interrupted. What is written so far was kept.${more}`,
    'Resume export',
    'Give it up',
  );
  if (answer === 'Resume export') await panel.openOn({ job: await service.resume(first.id) });
  if (answer === 'Give it up') await service.cancel(first.id);
}

/** A run from some minutes before it began until some minutes after its end, but not beyond now, on its connection. */
function rangeOf({ run }: RunNode, nowMs: number): { from: string; to: string; connectionIds: readonly string[] } {
  const endMs = run.finishedAt === undefined ? nowMs : Math.min(nowMs, Date.parse(run.finishedAt) + aroundRunMs);
  return {
    from: isoAt(Date.parse(run.startedAt) - aroundRunMs),
    to: isoAt(endMs),
    connectionIds: [run.connectionId],
  };
}

async function linkOf(
  argument: object,
  connections: ConnectionService,
): Promise<{ readonly from?: string; readonly to?: string; readonly connectionIds?: readonly string[] }> {
  const { parsePanelLink } = await import('../../protocol/panelLink.ts');
  const { from, to, connectionIds } = parsePanelLink(argument);
  return {
    ...(from === undefined || to === undefined ? {} : { from, to }),
    ...(connectionIds === undefined
      ? {}
      : { connectionIds: connectionIds.map((id) => findConnection(connections, id).id) }),
  };
}

/** The bundle of a row, of `{ bundleId }`, or one that a person chooses. */
async function bundleOf(service: IncidentService, item: unknown): Promise<IncidentBundle | undefined> {
  if (item instanceof BundleRow) return item.bundle;
  const bundles = await service.bundles();
  const id: unknown = isPlainObject(item) ? Reflect.get(item, 'bundleId') : undefined;
  if (typeof id === 'string') {
    const found = bundles.find((bundle) => bundle.id === id);
    if (found === undefined) throw validationFailure('bundleId', 'There is no such bundle in the history.');
    return found;
  }
  const choices = bundles.map((bundle) => ({ label: display(bundle.path), description: bundle.createdAt, bundle }));
  return (await window.showQuickPick(choices, { title: 'Which bundle?' }))?.bundle;
}

async function jobOf(
  service: IncidentService,
  item: unknown,
  states: readonly ExportJob['state'][],
): Promise<ExportJob | undefined> {
  if (item instanceof ExportRow) return item.job;
  const jobs = (await service.jobs()).filter(({ state }) => states.includes(state));
  if (jobs.length === 0) {
    void window.showInformationMessage('No export of an incident bundle waits for this.');
    return undefined;
  }
  const choices = jobs.map((job) => ({ label: display(job.target), description: job.state, job }));
  return (await window.showQuickPick(choices, { title: 'Which export?' }))?.job;
}

async function verify(service: IncidentService, item: unknown): Promise<void> {
  let path = item instanceof BundleRow ? item.bundle.path : undefined;
  if (path === undefined) {
    const [file] =
      (await window.showOpenDialog({
        title: 'Verify an incident bundle',
        openLabel: 'Verify bundle',
        filters: { 'Incident bundle': ['zip'] },
      })) ?? [];
    path = file?.fsPath;
  }
  if (path === undefined) return;
  const verdict = await service.verify(path);
  if (verdict.ok) {
    void window.showInformationMessage(`${display(path)} is whole: every file is what was written.`);
    return;
  }
  void window.showWarningMessage(`${display(path)} is not what was written.`, {
    modal: true,
    detail: verdictLines(verdict).join('\n'),
  });
}

function verdictLines({ differing, missing, added }: BundleVerdict): string[] {
  return [
    ...differing.map((file) => `Differs: ${display(file)}`),
    ...missing.map((file) => `Missing: ${display(file)}`),
    ...added.map((file) => `Added: ${display(file)}`),
  ];
}

async function explainToken(service: IncidentService, item: unknown): Promise<void> {
  const bundle = await bundleOf(service, item);
  if (bundle === undefined) return;
  const token = await askText({
    title: 'What does a token stand for?',
    prompt: 'Only bundles that were made with “keep the meaning of tokens” know.',
    placeholder: 'key_0123456789abcdef',
  });
  if (typeof token !== 'string') return;
  const meaning = await service.meaning(bundle.id, token.trim());
  void window.showInformationMessage(
    meaning === undefined
      ? 'The meaning of this token was not kept on this machine.'
      : `${display(token.trim())} stands for ${display(meaning)}.`,
  );
}
