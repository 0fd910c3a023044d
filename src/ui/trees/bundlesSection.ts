import { ThemeColor, ThemeIcon } from 'vscode';
import type { IncidentService } from '../../app/incidents/incidentService.ts';
import { display } from '../../domain/display.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../domain/format.ts';
import type { ExportJob, IncidentBundle } from '../../domain/incidents/definition.ts';
import { StorageRow, type StorageSection } from './storageNodes.ts';

/** A bundle of the history. */
export class BundleRow extends StorageRow {
  readonly bundle: IncidentBundle;

  constructor(bundle: IncidentBundle) {
    super(bundleFacts(bundle));
    this.bundle = bundle;
  }
}

/** An export that is not finished. */
export class ExportRow extends StorageRow {
  readonly job: ExportJob;

  constructor(job: ExportJob) {
    super(exportFacts(job));
    this.job = job;
  }
}

const shownBundles = 50;

/** Incident bundles in the view "Incidents & Storage": what is being exported, then what was. */
export function bundlesSection(service: IncidentService): StorageSection {
  const open = async (): Promise<readonly ExportJob[]> =>
    (await service.jobs(shownBundles)).filter(({ state }) => state !== 'success' && state !== 'cancelled');
  return {
    id: 'bundles',
    title: 'Bundles',
    async summary() {
      const interrupted = (await open()).filter(({ state }) => state === 'interrupted').length;
      const count = (await service.bundles(shownBundles)).length;
      const all = count === 0 ? '' : formatCount(count);
      return interrupted === 0 ? all : `${all}${all === '' ? '' : ' · '}${formatCount(interrupted)} interrupted`;
    },
    async rows() {
      const jobs = (await open()).map((job) => new ExportRow(job));
      const bundles = (await service.bundles(shownBundles)).map((bundle) => new BundleRow(bundle));
      return jobs.length + bundles.length === 0 ? [nothing] : [...jobs, ...bundles];
    },
    onDidChange: (listener) => service.onDidChange(listener),
  };
}

const nothing = new StorageRow({
  id: 'bundles/none',
  label: 'Hand over an incident as one file',
  tooltip: 'Timeline, metrics, diagnostics and logs of a range, redacted, with a hash for every file.',
  icon: new ThemeIcon('info'),
  command: { id: 'cachify.incidents.preview', title: 'New Incident Bundle…', arguments: [] },
});

const stateIcons: Readonly<Partial<Record<ExportJob['state'], readonly [icon: string, color?: string]>>> = {
  pending: ['sync~spin'],
  running: ['sync~spin'],
  cancelling: ['sync~spin'],
  interrupted: ['warning', 'list.warningForeground'],
  failed: ['error', 'list.errorForeground'],
};

function exportFacts(job: ExportJob): StorageRow['facts'] {
  const [icon = 'package', color] = stateIcons[job.state] ?? [];
  const left = job.secondsLeft === undefined ? '' : ` · ${formatDuration(job.secondsLeft * 1000)} left`;
  const how: Readonly<Record<string, string>> = {
    running: `${formatPercent(job.progress)}${left}`,
    interrupted: `interrupted at ${formatPercent(job.progress)}`,
    failed: 'failed',
  };
  return {
    id: `export/${job.id}`,
    label: fileName(job.target),
    description: how[job.state] ?? job.state,
    tooltip: [display(job.target), job.error?.message, job.error?.nextAction].filter(Boolean).join('\n'),
    icon: new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color)),
    contextValue: `export:${job.state}`,
    command: { id: 'cachify.incidents.open', title: 'Open Export' },
  };
}

const fileWords: Readonly<Partial<Record<IncidentBundle['file'], string>>> = {
  missing: 'file missing',
  moved: 'file renamed',
};

function bundleFacts(bundle: IncidentBundle): StorageRow['facts'] {
  const { request, counts, file } = bundle;
  const range = `${request.from.slice(0, 16).replace('T', ' ')} – ${request.to.slice(0, 16).replace('T', ' ')} UTC`;
  const events = `${formatCount(counts.timeline)} events`;
  return {
    id: `bundle/${bundle.id}`,
    label: fileName(bundle.path),
    description: `${events} · ${fileWords[file] ?? formatBytes(bundle.bytes)}`,
    tooltip: [
      display(bundle.path),
      `${range} · ${request.redactionProfile}`,
      bundle.contentSha256 === '' ? '' : `content ${bundle.contentSha256}`,
      file === 'moved' ? 'The file was renamed.' : file === 'missing' ? 'The file is not where it was written.' : '',
    ]
      .filter((line) => line !== '')
      .join('\n'),
    icon: file === 'missing' ? new ThemeIcon('question') : new ThemeIcon('package'),
    contextValue: `bundle:${file}`,
    command: { id: 'cachify.incidents.open', title: 'Open Bundle' },
  };
}

function fileName(path: string): string {
  return display(path.split(/[\\/]/).at(-1) ?? path);
}
