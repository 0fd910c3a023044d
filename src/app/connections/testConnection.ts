import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure, isFailure, Failure } from '../../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Credentials, RedisGateway, RedisSession } from '../ports/redis.ts';

/** Below this there is no point in a second try. */
const SHORTEST_TRY_MS = 200;
const PAUSE_MS = 100;

export interface ProvenServer {
  readonly latencyMs: number;
  readonly serverVersion: string;
  readonly mode: 'standalone' | 'sentinel' | 'cluster';
  readonly user: string;
  readonly capabilities: Record<string, boolean>;
}

/**
 * Proves that a definition works and closes the connection again: one automatic second try at most, both within
 * `timeoutMs`, and never after the server said no. @throws Failure with the true cause
 */
export async function testConnection(
  gateway: RedisGateway,
  clock: Clock,
  definition: ConnectionDefinition,
  credentials: Credentials,
): Promise<ProvenServer> {
  const start = clock.monoMs();
  try {
    return await proveOnce(gateway, definition, credentials);
  } catch (error) {
    const left = definition.timeoutMs - (clock.monoMs() - start) - PAUSE_MS;
    if (!worthAnotherTry(error) || left < SHORTEST_TRY_MS) throw asFailure(error);
    await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
    return proveOnce(gateway, { ...definition, timeoutMs: Math.floor(left) }, credentials);
  }
}

function worthAnotherTry(error: unknown): boolean {
  return isFailure(error) && error.retryable && (error.code === 'CONNECTION_FAILED' || error.code === 'TIMEOUT');
}

async function proveOnce(
  gateway: RedisGateway,
  definition: ConnectionDefinition,
  credentials: Credentials,
): Promise<ProvenServer> {
  const session = await gateway.open(definition, credentials);
  try {
    const { pingMs, version, mode, user } = session.server;
    return { latencyMs: pingMs, serverVersion: version, mode, user, capabilities: capabilityFlags(session) };
  } finally {
    await session.close();
  }
}

export function capabilityFlags(session: RedisSession): Record<string, boolean> {
  return Object.fromEntries(Object.entries(session.capabilities).map(([name, state]) => [name, state.available]));
}

/** What every entry point answers while the workspace is not trusted. */
export function untrusted(): Failure {
  return new Failure('BLOCKED', 'This workspace is not trusted, so nothing connects and no secret or file is read.', {
    details: { reason: 'untrusted' },
    nextAction: 'Trust the workspace (Workspaces: Manage Workspace Trust), then try again.',
  });
}
