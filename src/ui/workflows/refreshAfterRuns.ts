import type { Disposable } from 'vscode';
import type { KeyBrowsers } from '../../app/keys/keyBrowsers.ts';
import type { WorkflowService } from '../../app/workflows/workflowService.ts';
import type { KeyFileSystem } from '../documents/keyFileSystem.ts';

/** The key tree and open keys show what a run, or its undo, has made of them. */
export function refreshAfterRuns(workflows: WorkflowService, browsers: KeyBrowsers, files: KeyFileSystem): Disposable {
  return workflows.onDidChangeKeys((connectionUid) => {
    const browser = browsers.of(connectionUid);
    if (browser.state().kind !== 'idle') browser.restart();
    void files.refresh((target) => target.connectionUid === connectionUid);
  });
}
