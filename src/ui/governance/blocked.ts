import { commands, window } from 'vscode';
import type { Failure } from '../../domain/failure.ts';
import type { CommandId } from '../contributions.ts';

const whyWords = 'Why?';

export function isPolicyRefusal(failure: Failure): boolean {
  return failure.code === 'BLOCKED' && failure.details?.['rule'] === 'policy';
}

/** A message about something that was blocked; what a policy blocked can be explained. */
export async function showBlocked(failure: Failure, text: string): Promise<void> {
  if (!isPolicyRefusal(failure)) return void (await window.showWarningMessage(text));
  const { connectionId, action } = failure.details ?? {};
  const answer = await window.showWarningMessage(text, whyWords);
  if (answer === whyWords)
    await commands.executeCommand('cachify.governance.why' satisfies CommandId, { connectionId, action });
}
