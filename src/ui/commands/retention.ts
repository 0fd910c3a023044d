import { commands, Uri, window } from 'vscode';
import type { RetentionApi } from '../../api.ts';
import type { Enforcement } from '../../app/retention/enforcement.ts';
import type { RetentionService } from '../../app/retention/retentionService.ts';
import { display } from '../../domain/display.ts';
import { formatBytes, formatCount, formatCounted } from '../../domain/format.ts';
import { datasetTitles, keptDatasets, rowWords, type KeptDataset } from '../../domain/retention/dataset.ts';
import type { StorageFocus } from '../../protocol/storage.ts';
import type { StoragePanel } from '../panels/storagePanel.ts';
import { askChoice, askText } from '../quickInput.ts';
import { revealInOs } from '../revealInOs.ts';
import { DatasetRow, PurgeRow } from '../trees/datasetsSection.ts';
import type { InteractiveCommands } from './register.ts';

type RetentionCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.retention.${string}`>>;

export interface RetentionCommandParts {
  readonly api: RetentionApi;
  readonly retention: RetentionService;
  readonly enforcement: Enforcement;
  readonly panel: StoragePanel;
  /** Folder of the stores. */
  readonly folder: Uri;
  readonly clockMs: () => number;
}

/** What commands about the local store do when a person calls them. */
export function retentionCommands(parts: RetentionCommandParts): RetentionCommands {
  const { api, retention, enforcement, panel } = parts;
  return {
    'cachify.retention.open': () => panel.open(),
    'cachify.retention.summary': () => panel.open(),
    'cachify.retention.refresh': () => retention.changed(),
    'cachify.retention.planPurge': (item) => openOn(panel, item, 'plan'),
    'cachify.retention.purge': (item) => openOn(panel, item, 'plan'),
    'cachify.retention.savePolicy': (item) => openOn(panel, item, 'policy'),
    'cachify.retention.undoPurge': (item) => undoPurge(retention, item),
    'cachify.retention.confirmClock': () => confirmClock(enforcement, parts.clockMs()),
    'cachify.retention.openFolder': () => revealInOs(parts.folder),
    'cachify.retention.reset': () => reset(parts),
    'cachify.retention.exportDatabase': () => exportDatabase(api),
    'cachify.retention.verify': () => verify(api),
    'cachify.retention.importDesktop': () => importDesktop(api),
  };
}

async function openOn(panel: StoragePanel, item: unknown, open: StorageFocus['open']): Promise<void> {
  const dataset = item instanceof DatasetRow ? item.dataset : await askDataset(open);
  if (dataset !== undefined) await panel.open({ dataset, open });
}

async function askDataset(open: StorageFocus['open']): Promise<KeptDataset | undefined> {
  const chosen = await askChoice<KeptDataset>({
    title: open === 'plan' ? 'Purge what?' : 'Change the limits of what?',
    placeholder:
      open === 'plan' ? 'You see what would go before anything does' : 'Days, budget, and whether it purges by itself',
    choices: keptDatasets.map((value) => ({ label: datasetTitles[value], value })),
  });
  return typeof chosen === 'string' ? chosen : undefined;
}

async function undoPurge(retention: RetentionService, item: unknown): Promise<void> {
  const { undoable } = await retention.report();
  if (undoable.length === 0) {
    void window.showInformationMessage('There is no purge to undo: a purge can be undone for two hours.');
    return;
  }
  const chosen =
    item instanceof PurgeRow
      ? item.purge
      : await askChoice({
          title: 'Undo which purge?',
          placeholder: 'Its rows come back as they were',
          choices: undoable.map((value) => ({
            label: `${datasetTitles[value.dataset]}: ${formatCounted(value.rows, rowWords[value.dataset])}`,
            description: `${formatBytes(value.bytes)} · purged ${new Date(value.startedAt).toLocaleString()}`,
            value,
          })),
        });
  if (chosen === undefined || typeof chosen === 'symbol') return;
  const { restoredRows } = await retention.undoPurge(chosen.purgeId);
  void window.showInformationMessage(
    `${formatCounted(restoredRows, rowWords[chosen.dataset])} came back as they were.`,
  );
}

async function confirmClock(enforcement: Enforcement, nowMs: number): Promise<void> {
  const confirm = 'The clock is right';
  const answer = await window.showWarningMessage(
    `Is it ${new Date(nowMs).toLocaleString()} now?`,
    {
      modal: true,
      detail:
        'The clock of this machine jumped. Once you confirm it, what is older than its days is purged again; a purge of more than half a dataset still asks first.',
    },
    confirm,
  );
  if (answer === confirm) await enforcement.confirmClock();
}

const resetWord = 'delete everything';

async function reset({ api, retention, folder, clockMs }: RetentionCommandParts): Promise<void> {
  const typed = await askText({
    title: 'Reset the local store',
    prompt: `Deletes timeline, samples, runs, rules, packs, bundles' records and previous values on this machine, for all windows. A backup is written first, without previous values. Servers and settings stay. Type “${resetWord}”.`,
    placeholder: resetWord,
    validate: (text) => (text === resetWord ? undefined : `Type “${resetWord}” to go on.`),
  });
  if (typed !== resetWord) return;
  const stamp = new Date(clockMs()).toISOString().replaceAll(/[:.]/g, '-');
  const backup = Uri.joinPath(folder, '..', `backup-${stamp}.sqlite`);
  await api.exportDatabase(backup.fsPath);
  await retention.reset();
  const again = 'Reload window';
  const answer = await window.showInformationMessage(
    `The local store is empty. What was in it is in ${display(backup.fsPath)}.`,
    again,
    'Reveal backup',
  );
  if (answer === again) await commands.executeCommand('workbench.action.reloadWindow');
  if (answer === 'Reveal backup') await revealInOs(backup);
}

async function exportDatabase(retention: RetentionApi): Promise<void> {
  const target = await window.showSaveDialog({
    title: 'Export the local store, without values of keys',
    saveLabel: 'Export store',
    filters: { SQLite: ['sqlite'] },
  });
  if (target === undefined) return;
  await retention.exportDatabase(target.fsPath);
  const answer = await window.showInformationMessage(
    `Exported the local store to ${display(target.fsPath)}.`,
    'Reveal',
  );
  if (answer === 'Reveal') await revealInOs(target);
}

async function verify(retention: RetentionApi): Promise<void> {
  const { ok, problems } = await retention.verify();
  if (ok) {
    void window.showInformationMessage('The local store is sound: every file is what was written.');
    return;
  }
  const detail = problems.map((problem) => display(problem)).join('\n');
  void window.showWarningMessage(`The local store has ${formatCounted(problems.length, 'problem')}.`, {
    modal: true,
    detail,
  });
}

async function importDesktop(retention: RetentionApi): Promise<void> {
  const [file] =
    (await window.showOpenDialog({
      title: 'Import a store of the desktop program',
      openLabel: 'Import store',
      filters: { 'Desktop store': ['db', 'sqlite'] },
    })) ?? [];
  if (file === undefined) return;
  const scope = await askChoice<'user' | 'workspace'>({
    title: 'Where do its connections go?',
    placeholder: 'Secrets are not in the file: you are asked for them when you connect.',
    choices: [
      { label: 'User settings', description: 'on this machine, for every folder', value: 'user' },
      { label: 'Workspace settings', description: 'shared with this folder', value: 'workspace' },
    ],
  });
  if (scope !== 'user' && scope !== 'workspace') return;
  const counts = await retention.importDesktop(file.fsPath, { scope });
  const lines = Object.entries(counts)
    .filter(([, { found }]) => found > 0)
    .map(
      ([name, count]) => `${kindWords(name)}: ${formatCount(count.imported)} of ${formatCount(count.found)} imported`,
    );
  const detail = `${lines.join('\n')}\n\nWhat is here already, and Memcached profiles, are left alone. The file was not changed.`;
  void window.showInformationMessage('The desktop store was imported.', { modal: true, detail });
}

/** `keySnapshots` → `Key snapshots`. */
function kindWords(name: string): string {
  const words = name.replace(/[A-Z_]/g, (letter) => ` ${letter.replace('_', '').toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
