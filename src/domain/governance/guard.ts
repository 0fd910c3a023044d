import { textOf } from '../bytes.ts';
import type { Environment } from '../connections/definition.ts';
import { display } from '../display.ts';
import { Failure } from '../failure.ts';
import type { Classification } from '../redis/classify.ts';
import type { RedisCommand } from '../redis/command.ts';

/** One command of a direct operation, and what it may do. */
export interface GuardedCommand {
  readonly command: RedisCommand;
  readonly classification: Classification;
}

export interface GuardRequest {
  /** The API method, e.g. `keys.remove`. */
  readonly action: string;
  readonly connectionName: string;
  readonly environment: Environment;
  /** Whether the connection refuses writes at this moment. */
  readonly readOnlyNow: boolean;
  readonly commands: readonly GuardedCommand[];
  /** What a person typed at a guardrail. */
  readonly confirm?: string;
}

export type GuardRule = 'refused' | 'readOnly' | 'guardrail';

export type GuardDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly rule: GuardRule; readonly failure: Failure };

const allowed: GuardDecision = { allowed: true };

function words(classification: Classification): string {
  return display(classification.name.replace('|', ' ').toUpperCase());
}

/** Actions whose whole purpose is to take keys away. */
const removing: ReadonlySet<string> = new Set(['keys.remove']);

/** RESTORE without REPLACE never touches a key that exists. */
function restoresOnly(guarded: GuardedCommand): boolean {
  if (guarded.classification.name !== 'restore' || !guarded.classification.known) return false;
  return !guarded.command
    .slice(4)
    .some((argument) => (typeof argument === 'string' ? argument : textOf(argument))?.toLowerCase() === 'replace');
}

/**
 * Whether an action is one that asks before it destroys. Renaming, saving and expiring are guarded by comparing and by
 * snapshots instead; of them only what is dangerous to the server itself asks.
 */
function destroys(request: GuardRequest, guarded: GuardedCommand): boolean {
  const { classification } = guarded;
  if (!classification.write) return false;
  if (removing.has(request.action)) return true;
  if (!classification.dangerous) return false;
  if (restoresOnly(guarded)) return false;
  return request.action === 'keys.command' || request.action === 'keys.restore' || !ordinary.has(classification.name);
}

/** Deletions that belong to saving or renaming a key. */
const ordinary: ReadonlySet<string> = new Set(['del', 'unlink', 'rename', 'restore', 'eval', 'evalsha']);

/**
 * Decides whether direct commands may be sent: never what breaks the connection, no write while it is read-only, and
 * on production (or an unknown environment) nothing destructive without the connection's name typed as confirmation.
 */
export function decideGuard(request: GuardRequest): GuardDecision {
  const name = display(request.connectionName);
  for (const { classification } of request.commands) {
    if (classification.refused === undefined) continue;
    return blocked('refused', request, `${words(classification)} was not sent: ${classification.refused}.`, {
      nextAction: 'Use another command, or redis-cli for this one.',
      command: classification.name,
    });
  }
  const write = request.commands.find(({ classification }) => classification.write);
  if (write === undefined) return allowed;
  if (request.readOnlyNow) {
    const why = write.classification.known
      ? 'this connection is read-only'
      : 'it is unknown to the server and this connection is read-only';
    return blocked(
      'readOnly',
      request,
      `${words(write.classification)} was not sent to ${name}: ${why}. Nothing was changed.`,
      {
        nextAction: 'Unlock the connection with a reason (Cachify: Unlock for Writing…), or choose another one.',
        command: write.classification.name,
      },
    );
  }
  if (!isGuarded(request)) return allowed;
  const destructive = request.commands.find((guarded) => destroys(request, guarded));
  if (destructive === undefined || request.confirm === request.connectionName) return allowed;
  return blocked(
    'guardrail',
    request,
    `${words(destructive.classification)} was not sent: ${name} is ${guardedAs(request)} and this asks for confirmation.${mistyped(request)} Nothing was changed.`,
    {
      nextAction: `Confirm by typing the connection's name: ${name}.`,
      command: destructive.classification.name,
      confirm: request.connectionName,
    },
  );
}

/** An environment that nobody named counts as production. */
function isGuarded({ environment }: Pick<GuardRequest, 'environment'>): boolean {
  return environment === 'prod' || environment === 'unknown';
}

function guardedAs({ environment }: Pick<GuardRequest, 'environment'>): string {
  return environment === 'prod'
    ? 'a production connection'
    : 'a connection without an environment, which counts as production';
}

function mistyped({ confirm }: Pick<GuardRequest, 'confirm'>): string {
  return confirm === undefined ? '' : ' What was typed is not its name.';
}

/** What watching a busy server cost it when measured, for the person who decides. */
export const watchCosts = {
  monitor: 'MONITOR cut the throughput of a busy server by 25 to 75 % when measured',
  notifications: 'keyspace notifications cut the throughput of a busy server by 35 to 45 % when measured',
} as const;

/** Decides whether a server may be watched: on production only with the connection's name typed as confirmation. */
export function decideWatch(request: Omit<GuardRequest, 'commands'>, source: keyof typeof watchCosts): GuardDecision {
  if (!isGuarded(request)) return allowed;
  if (request.confirm === request.connectionName) return allowed;
  const name = display(request.connectionName);
  return blocked(
    'guardrail',
    request,
    `Watching was not started: ${name} is ${guardedAs(request)}, and ${watchCosts[source]}.${mistyped(request)} Nothing was sent.`,
    {
      nextAction: `Confirm by typing the connection's name: ${name}.`,
      command: source === 'monitor' ? 'monitor' : 'psubscribe',
      confirm: request.connectionName,
    },
  );
}

function blocked(
  rule: GuardRule,
  request: Omit<GuardRequest, 'commands'>,
  message: string,
  facts: { readonly nextAction: string; readonly command: string; readonly confirm?: string },
): GuardDecision {
  const { nextAction, command, confirm } = facts;
  const details = {
    rule,
    action: request.action,
    command: display(command),
    ...(confirm === undefined ? {} : { confirm }),
  };
  return { allowed: false, rule, failure: new Failure('BLOCKED', message, { details, nextAction }) };
}
