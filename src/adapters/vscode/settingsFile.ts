import { FileSystemError, workspace, type Uri } from 'vscode';
import { Failure } from '../../domain/failure.ts';
import { editedText, listIn, type EntryChange } from './settingsText.ts';

export interface SettingsFile {
  readonly uri: Uri;
  /** Where the list of connections stands in the file. */
  readonly path: readonly string[];
}

/**
 * Changes, adds (`index` = length) or removes (`entry` undefined) one entry in the text of a settings file, so that
 * comments and the form of everything else stay. Answers false, with nothing done, when the file does not hold the
 * list `before`: then it is not the file that VS Code reads. @throws Failure CONFLICT when the file has unsaved changes
 */
export async function editSettingsFile(
  file: SettingsFile,
  before: readonly unknown[],
  change: EntryChange,
): Promise<boolean> {
  const text = await readText(file.uri);
  if (text === undefined) return false;
  const { list, hasErrors } = await listIn(text, file.path);
  if (list === undefined || JSON.stringify(list) !== JSON.stringify(before)) return false;
  if (hasErrors) throw broken();
  // The user's settings have another scheme in an editor than on the disk.
  if (workspace.textDocuments.some((open) => open.isDirty && open.uri.path === file.uri.path)) throw unsaved();
  // Written to the disk, not through a document: one that VS Code holds may be older than the file.
  await workspace.fs.writeFile(file.uri, new TextEncoder().encode(await editedText(text, file.path, list, change)));
  return true;
}

async function readText(uri: Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch (error) {
    if (error instanceof FileSystemError) return undefined; // no such file: VS Code writes the setting itself
    throw error;
  }
}

function broken(): Failure {
  return new Failure('VALIDATION_ERROR', 'The settings file has a JSON error, so nothing was changed in it.', {
    details: { path: 'settings.json' },
    nextAction: 'Correct the file, then try again.',
  });
}

function unsaved(): Failure {
  return new Failure('CONFLICT', 'The settings file is open with unsaved changes, so nothing was changed in it.', {
    nextAction: 'Save or revert the file, then try again.',
  });
}
