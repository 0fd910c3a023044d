import { ThemeColor, ThemeIcon } from 'vscode';
import type { RetentionService } from '../../app/retention/retentionService.ts';
import { datasetTitles, rowWords, type KeptDataset } from '../../domain/retention/dataset.ts';
import { formatBytes, formatCounted, formatPercent } from '../../domain/format.ts';
import {
  growthWords,
  levelOf,
  ratioOf,
  unmetWords,
  type DatasetReport,
  type StorageReport,
  type UndoablePurge,
  type UsageLevel,
} from '../../domain/retention/report.ts';
import { StorageRow, type StorageSection } from './storageNodes.ts';

/** One dataset in the view "Incidents & Storage". */
export class DatasetRow extends StorageRow {
  readonly dataset: KeptDataset;

  constructor(report: DatasetReport, notes: readonly string[]) {
    super({
      id: `storage/${report.dataset}`,
      label: datasetTitles[report.dataset],
      description: [usedWords(report), ...notes].join(' · '),
      tooltip: tooltipOf(report),
      icon: iconOf(levelOf(report)),
      contextValue: 'dataset',
      command: { id: 'cachify.retention.open', title: 'Open Storage' },
    });
    this.dataset = report.dataset;
  }
}

/** A purge that can still be undone. */
export class PurgeRow extends StorageRow {
  readonly purge: UndoablePurge;

  constructor(purge: UndoablePurge) {
    const { dataset, rows, undoUntil, byPerson } = purge;
    super({
      id: `storage/purge/${purge.purgeId}`,
      label: `Purged ${formatCounted(rows, rowWords[dataset])}`,
      description: `${byPerson ? '' : 'by itself · '}can be undone until ${timeOf(undoUntil)}`,
      tooltip: `${datasetTitles[dataset]}: ${formatBytes(purge.bytes)} are free once undo is over, at ${undoUntil}.`,
      icon: new ThemeIcon('history'),
      contextValue: 'purge',
      command: { id: 'cachify.retention.open', title: 'Open Storage' },
    });
    this.purge = purge;
  }
}

/** The local store in the view "Incidents & Storage": each dataset against its budget, and what needs a person. */
export function datasetsSection(retention: RetentionService): StorageSection {
  return {
    id: 'storage',
    title: 'Storage',
    summary: async () => totalWords(await retention.report()),
    rows: async () => rowsOf(await retention.report()),
    onDidChange: (listener) => retention.onDidChange(listener),
  };
}

function totalWords({ datasets }: StorageReport): string {
  const used = datasets.reduce((sum, { bytes }) => sum + bytes, 0);
  const budget = datasets.reduce((sum, { budgetBytes }) => sum + budgetBytes, 0);
  const over = datasets.filter((dataset) => levelOf(dataset) === 'over').length;
  return `${formatBytes(used)} of ${formatBytes(budget)}${over === 0 ? '' : ` · ${over} over budget`}`;
}

function rowsOf(report: StorageReport): StorageRow[] {
  const { status, datasets, undoable } = report;
  const needs: StorageRow[] = [];
  if (status.clock !== null) {
    needs.push(note('clock', `The clock jumped ${status.clock.direction}`, 'nothing goes by age until confirmed'));
  }
  for (const { dataset, rows, of } of status.held) {
    const share = formatPercent(rows / Math.max(1, of));
    needs.push(note(`held/${dataset}`, `Purge ${share} of ${datasetTitles[dataset].toLowerCase()}?`, 'waits for you'));
  }
  if (status.paused !== null) {
    needs.push(note('paused', `${datasetTitles[status.paused]} are not collected`, 'a budget cannot be met'));
  }
  const notesOf = (dataset: KeptDataset): string[] =>
    status.unmet.filter((one) => one.dataset === dataset).map((one) => unmetWords(one));
  return [
    ...needs,
    ...datasets.map((one) => new DatasetRow(one, notesOf(one.dataset))),
    ...undoable.map((purge) => new PurgeRow(purge)),
  ];
}

function note(id: string, label: string, description: string): StorageRow {
  return new StorageRow({
    id: `storage/${id}`,
    label,
    description,
    icon: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
    command: { id: 'cachify.retention.open', title: 'Open Storage' },
  });
}

function usedWords(report: DatasetReport): string {
  const level = levelOf(report);
  const used = `${formatBytes(report.bytes)} of ${formatBytes(report.budgetBytes)}`;
  const share = formatPercent(ratioOf(report));
  return level === 'fine' ? used : `${level === 'over' ? 'over budget' : share} · ${used}`;
}

function tooltipOf(report: DatasetReport): string {
  const { rows, dataset, oldest, newest, retentionDays, pinned } = report;
  const growth = growthWords(report.growth);
  return [
    `${formatCounted(rows, rowWords[dataset])}, ${formatPercent(ratioOf(report))} of the budget`,
    ...(oldest === null || newest === null ? [] : [`from ${oldest} to ${newest}`]),
    `kept for ${formatCounted(retentionDays, 'day')}`,
    ...(growth === null ? [] : [growth]),
    ...pinned.map(({ label, rows: held }) => `pinned: ${label} (${formatCounted(held, rowWords[dataset])})`),
  ].join('\n');
}

const icons: Readonly<Record<UsageLevel, ThemeIcon>> = {
  fine: new ThemeIcon('database'),
  near: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
  over: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
};

function iconOf(level: UsageLevel): ThemeIcon {
  return icons[level];
}

function timeOf(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hourCycle: 'h23', hour: '2-digit', minute: '2-digit' });
}
