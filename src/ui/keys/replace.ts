import { window } from 'vscode';
import type { ConnectionView } from '../../app/connections/connectionService.ts';
import type { Bytes } from '../../domain/bytes.ts';
import { displayShort } from '../../domain/display.ts';
import { isFailure } from '../../domain/failure.ts';
import { ownerWords, undoWords } from './confirm.ts';

/** Runs a use case that refuses to replace a key, and again with leave to replace it when the person agrees. */
export async function orReplace<T>(
  view: ConnectionView,
  key: Bytes,
  run: (overwrite: boolean) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await run(false);
  } catch (error) {
    if (!isFailure(error, 'CONFLICT') || error.details?.['reason'] !== 'exists') throw error;
    return (await agreesToReplace(view, key)) ? run(true) : undefined;
  }
}

async function agreesToReplace(view: ConnectionView, key: Bytes): Promise<boolean> {
  const answer = await window.showWarningMessage(
    `There is a key ${displayShort(key)} on ${ownerWords(view)} already. Replace it?`,
    { modal: true, detail: undoWords(view, 1) },
    'Replace key',
  );
  return answer === 'Replace key';
}
