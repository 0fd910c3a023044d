import { Failure } from '../../domain/failure.ts';
import { provenToken, readToken, tokenLifeMs, type Hmac } from '../../domain/workflows/token.ts';
import type { RunProgress } from '../../domain/workflows/state.ts';
import type { RunRow } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';

/** Refuses a token that was altered, belongs elsewhere, is older than the newest checkpoint, or too old in days. */
export async function requireToken(
  parts: WorkflowParts,
  hmac: Hmac,
  token: string,
  { row, run }: { readonly row: RunRow; readonly run: RunProgress },
): Promise<void> {
  const named = readToken(token)?.runId ?? row.id;
  // A resumed run shows its predecessor's token until it has a checkpoint of its own.
  const owner = named === row.resumedFromExecutionId && token === row.checkpointToken ? named : row.id;
  const mark = provenToken(token, owner, run.plan.hash, hmac);
  if (owner === row.id && mark.sequence !== run.checkpoint) {
    throw new Failure('CONFLICT', 'The checkpoint token is older than the newest checkpoint and not valid any more.', {
      details: { path: 'token', rule: 'superseded' },
      nextAction: 'Resume with the newest token, or without one.',
    });
  }
  const made = (await parts.store.events(owner)).find(({ sequence }) => sequence === mark.sequence)?.event.at;
  if (made !== undefined && parts.clock.wallMs() - Date.parse(made) > tokenLifeMs) {
    throw new Failure('VALIDATION_ERROR', 'The checkpoint token is older than 14 days and not valid any more.', {
      details: { path: 'token', rule: 'expired' },
      nextAction: 'Plan the same again (Rerun).',
    });
  }
}
