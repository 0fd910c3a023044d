import { asFailure, Failure, isFailure } from '../../domain/failure.ts';
import { probeCapabilities } from './capabilities.ts';
import { commandTableOf } from './commandTable.ts';
import { handshakeTimeout } from './connectFailure.ts';
import type { Destination } from './endpoint.ts';
import { handshake, type Login } from './handshake.ts';
import { ioredisWire } from './ioredisWire.ts';
import type { BulkConnection } from './bulkPool.ts';
import { leanWire, type LeanWire } from './leanWire.ts';
import { Link } from './link.ts';
import type { Opened } from './session.ts';

const tableReplyBytes = 16 << 20;

/** What is left of a time limit; at least a millisecond, so that timers fire. */
export function deadline(ms: number): () => number {
  const end = performance.now() + ms;
  return () => Math.max(1, end - performance.now());
}

/** Logs in and learns about the server: proof, command table, capabilities. */
export async function introduce(link: Link, login: Login, timeoutMs: number): Promise<Omit<Opened, 'exchanger'>> {
  const left = deadline(timeoutMs);
  const proof = await handshake(link, login, left());
  const [table] = await link.exchange([['COMMAND']], { deadlineMs: left(), maxReplyBytes: tableReplyBytes });
  const capabilities = await probeCapabilities(link, proof, left());
  const dead = link.dead();
  if (dead !== null) throw dead;
  const commandTable = commandTableOf(table?.kind === 'reply' ? table.reply : undefined);
  return { server: proof.identity, capabilities, commandTable };
}

/** Closes a link that did not get through its handshake; gives why, in the words of the whole and not of one step. */
export function abandoned(link: Link, error: unknown, timeoutMs: number): Failure {
  const failure = isFailure(error, 'TIMEOUT') ? handshakeTimeout(link.label, timeoutMs) : asFailure(error);
  link.destroy(failure);
  return failure;
}

/** Opens a control connection to one server, within `timeoutMs` all in all: login, proof, command table, capabilities. */
export async function openControl(
  destination: Destination,
  login: Login,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Opened> {
  const left = deadline(timeoutMs);
  const link = await Link.open(destination.label, ioredisWire(destination, timeoutMs, signal));
  const abort = (): void => link.destroy(new Failure('CANCELLED', 'Connecting was cancelled.'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return { ...(await introduce(link, login, left())), exchanger: link };
  } catch (error) {
    throw abandoned(link, error, timeoutMs);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Reading for us must not look like use by an application. Servers before 7.2 refuse, and nothing is lost. */
export async function quieten(link: Link, deadlineMs: number): Promise<void> {
  await link.exchange([['CLIENT', 'NO-TOUCH', 'ON']], { deadlineMs, maxReplyBytes: 1 << 16 });
}

/** Opens a lean connection, logged in and proven, for bulk work or a transaction of its own. */
export async function openLean(
  destination: Destination,
  login: Login,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<BulkConnection> {
  const left = deadline(timeoutMs);
  const opener = leanWire(destination, timeoutMs, signal);
  let wire: LeanWire | undefined;
  const link = await Link.open(destination.label, async (events) => (wire = await opener(events)));
  try {
    const { identity } = await handshake(link, login, left());
    await quieten(link, left());
    const dead = link.dead();
    if (dead !== null || wire === undefined)
      throw dead ?? new Failure('CONNECTION_FAILED', 'The connection is closed.');
    return { link, wire, runId: identity.runId, pingMs: identity.pingMs };
  } catch (error) {
    throw abandoned(link, error, timeoutMs);
  }
}
