import { commands, env, UIKind, Uri, window } from 'vscode';
import { display } from '../domain/display.ts';

/**
 * Shows a file or folder of the extension's machine in its file manager. In a browser, and where the extension runs on
 * another machine (SSH, WSL, a container), VS Code has no file manager for it: the path is told instead.
 */
export async function revealInOs(place: Uri | string): Promise<void> {
  const uri = typeof place === 'string' ? Uri.file(place) : place;
  if (isOnThisMachine()) await commands.executeCommand('revealFileInOS', uri);
  else tellWhere(uri);
}

/** Opens a file of the extension's machine in the person's browser; where that is on another machine, its path is told. */
export async function openInBrowser(path: string): Promise<void> {
  const uri = Uri.file(path);
  if (isOnThisMachine()) await env.openExternal(uri);
  else tellWhere(uri, '. Copy it to your own machine to open it in a browser.');
}

function isOnThisMachine(): boolean {
  return env.uiKind === UIKind.Desktop && env.remoteName === undefined;
}

/** Nobody waits for the answer: what asked goes on while the message stands. */
function tellWhere(uri: Uri, advice = ''): void {
  const copy = 'Copy path';
  const where = env.remoteName === undefined ? 'the machine that serves this page' : `the remote (${env.remoteName})`;
  void window
    .showInformationMessage(`It is on ${where}: ${display(uri.fsPath)}${advice}`, copy)
    .then((answer) => (answer === copy ? env.clipboard.writeText(uri.fsPath) : undefined));
}
