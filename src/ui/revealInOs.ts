import { commands, env, UIKind, Uri, window } from 'vscode';
import { display } from '../domain/display.ts';

/**
 * Shows a file or folder of the extension's machine in its file manager. In a browser, and where the extension runs on
 * another machine (SSH, WSL, a container), VS Code has no file manager for it: the path is told instead.
 */
export async function revealInOs(place: Uri | string): Promise<void> {
  const uri = typeof place === 'string' ? Uri.file(place) : place;
  if (env.uiKind === UIKind.Desktop && env.remoteName === undefined) {
    await commands.executeCommand('revealFileInOS', uri);
    return;
  }
  const copy = 'Copy path';
  const where = env.remoteName === undefined ? 'the machine that serves this page' : `the remote (${env.remoteName})`;
  const answer = await window.showInformationMessage(`It is on ${where}: ${display(uri.fsPath)}`, copy);
  if (answer === copy) await env.clipboard.writeText(uri.fsPath);
}
