import { commands, Uri, window } from 'vscode';
import type { RetentionApi } from '../../api.ts';
import { display } from '../../domain/display.ts';
import { formatCount, formatCounted } from '../../domain/format.ts';
import { askChoice } from '../quickInput.ts';
import type { InteractiveCommands } from './register.ts';

type RetentionCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.retention.${string}`>>;

/** What commands about the local store do when a person calls them. */
export function retentionCommands(retention: RetentionApi): RetentionCommands {
  return {
    'cachify.retention.exportDatabase': () => exportDatabase(retention),
    'cachify.retention.verify': () => verify(retention),
    'cachify.retention.importDesktop': () => importDesktop(retention),
  };
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
  if (answer === 'Reveal') await commands.executeCommand('revealFileInOS', Uri.file(target.fsPath));
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
