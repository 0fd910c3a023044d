import { utf8 } from '../bytes.ts';
import type { Environment } from '../connections/definition.ts';
import { display } from '../display.ts';
import { Failure } from '../failure.ts';
import { matchesEverything } from '../redis/glob.ts';

/** What stands between a plan and its start, for a person to type away. */
export interface GuardQuestion {
  readonly connectionName: string;
  readonly environment: Environment;
  readonly count: number;
  /** The plan's pattern; null for plans without one. */
  readonly pattern: string | null;
  /** Estimate and room for undo in bytes; null = no undo on this connection. */
  readonly snapshots: { readonly needed: number; readonly room: number } | null;
  /** Why values cannot be kept for undo although the connection asks for it; null = they can. */
  readonly undoDoubt: string | null;
  /** What was found out about the server, when that needs a person's word. */
  readonly serverDoubt: string | null;
}

const special = /[*?[\\]/;

/** Why starting needs the connection's name typed; empty = it does not. */
export function confirmReasons(question: GuardQuestion): readonly string[] {
  const reasons: string[] = [];
  const { environment, pattern, snapshots, undoDoubt, serverDoubt } = question;
  if (environment === 'prod') reasons.push('This is a production connection.');
  if (environment === 'unknown') reasons.push('This connection has no environment, which counts as production.');
  if (pattern !== null && (matchesEverything(utf8(pattern)) || special.test(pattern.charAt(0))))
    reasons.push(`The pattern ${display(pattern)} has no fixed beginning: it can match keys of any folder.`);
  if (undoDoubt !== null) reasons.push(`Undo will not be possible: ${undoDoubt}.`);
  else if (snapshots !== null && snapshots.needed > snapshots.room)
    reasons.push(
      `Undo will be partial: the values need about ${megabytes(snapshots.needed)} and ${megabytes(snapshots.room)} are free.`,
    );
  if (serverDoubt !== null) reasons.push(`${serverDoubt.charAt(0).toUpperCase()}${serverDoubt.slice(1)}.`);
  return reasons;
}

/** Throws BLOCKED with `details.confirm` = what to type, unless it was typed or nothing asks for it. */
export function requireConfirmation(question: GuardQuestion, confirm: string | undefined, what: string): void {
  requireTyped(confirmReasons(question), question, confirm, what);
}

/** As `requireConfirmation`, for reasons that are known already. */
export function requireTyped(
  reasons: readonly string[],
  question: Pick<GuardQuestion, 'connectionName' | 'count'>,
  confirm: string | undefined,
  what: string,
): void {
  if (reasons.length === 0 || confirm === question.connectionName) return;
  const name = display(question.connectionName);
  const typed = confirm === undefined ? '' : ' What was typed is not the name.';
  throw new Failure('BLOCKED', `${what} was not begun. ${reasons.join(' ')}${typed} Nothing was changed.`, {
    details: { confirm: question.connectionName, reasons, count: question.count, rule: 'guardrail' },
    nextAction: `Confirm ${question.count.toLocaleString('en-US')} items by typing the connection's name: ${name}.`,
  });
}

function megabytes(bytes: number): string {
  if (bytes <= 0) return '0 MB';
  return bytes < 1_000_000
    ? `${Math.max(1, Math.round(bytes / 1000))} KB`
    : `${Math.round(bytes / 1_000_000).toLocaleString('en-US')} MB`;
}
