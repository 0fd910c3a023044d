import { window } from 'vscode';
import type { ConnectionView } from '../../app/connections/connectionService.ts';
import { display } from '../../domain/display.ts';
import { isFailure } from '../../domain/failure.ts';
import { environmentWords } from '../connections/labels.ts';
import { askText } from '../quickInput.ts';

/** Whether a connection's destructive commands want its name typed. */
export function isGuarded({ summary }: ConnectionView): boolean {
  return summary.environment === 'prod' || summary.environment === 'unknown';
}

export function ownerWords({ summary }: ConnectionView): string {
  return `${display(summary.name)} (${environmentWords[summary.environment]})`;
}

/** What becomes of the values that are about to be lost. */
export function undoWords({ entry }: ConnectionView, keys: number): string {
  if (!entry.usable || !entry.definition.undo) return 'There is no undo on this connection.';
  return keys === 1 ? 'Its value is kept for undo.' : 'The values are kept for undo.';
}

/** Asks before something is destroyed: a button on development and staging, the connection's name elsewhere. */
export async function confirms(
  view: ConnectionView,
  question: { readonly message: string; readonly detail: string; readonly button: string },
): Promise<{ readonly confirm?: string } | undefined> {
  // Nothing is asked that cannot be done: the gate refuses, and says why and what to do.
  if (view.summary.readOnly) return {};
  if (isGuarded(view)) {
    const typed = await askTyped(question.message, question.detail, view.summary.name);
    return typed ? { confirm: view.summary.name } : undefined;
  }
  const answer = await window.showWarningMessage(
    question.message,
    { modal: true, detail: question.detail },
    question.button,
  );
  return answer === question.button ? {} : undefined;
}

/**
 * Runs a guarded use case. When it says that more has to be confirmed (there will be no undo), the person is told and
 * asked; undefined when they decline.
 */
export async function withConfirmation<T>(
  run: (confirm: { readonly confirm?: string }) => Promise<T>,
  given: { readonly confirm?: string } = {},
): Promise<T | undefined> {
  try {
    return await run(given);
  } catch (error) {
    const required = isFailure(error, 'BLOCKED') ? error.details?.confirm : undefined;
    if (required === undefined || required === given.confirm || !isFailure(error)) throw error;
    if (!(await askTyped(error.message, error.nextAction ?? '', required))) return undefined;
    return run({ confirm: required });
  }
}

async function askTyped(title: string, prompt: string, required: string): Promise<boolean> {
  const typed = await askText({
    title,
    prompt: `${prompt} Type ${display(required)} to go on.`.trim(),
    placeholder: display(required),
    validate: (text) => (text === required ? undefined : `This is not ${display(required)}.`),
  });
  return typed === required;
}
