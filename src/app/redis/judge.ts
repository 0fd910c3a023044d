import { decideGuard, type GuardDecision } from '../../domain/governance/guard.ts';
import { requireAllowed } from '../../domain/governance/refusal.ts';
import { classify, type Classification } from '../../domain/redis/classify.ts';
import type { RedisCommand } from '../../domain/redis/command.ts';
import { isoTime, type Clock } from '../ports/clock.ts';
import type { Governance } from '../ports/governance.ts';
import type { ActiveConnection } from '../ports/sessions.ts';
import type { Operation } from './gate.ts';

type About = Pick<Operation, 'action' | 'confirm' | 'runId'>;

interface Judged {
  readonly classifications: readonly Classification[];
  readonly decision: GuardDecision;
}

/** Says of every command whether it may be sent: read-only, guardrails, and for what writes the policies. */
export class Judge {
  readonly #governance: Governance;
  readonly #clock: Clock;

  constructor(governance: Governance, clock: Clock) {
    this.#governance = governance;
    this.#clock = clock;
  }

  /**
   * Everything that stands between a direct operation and its server. Policies are asked before a person is asked to
   * type something: nobody should confirm what is forbidden anyway. @throws Failure BLOCKED
   */
  async permit(
    active: ActiveConnection,
    about: About,
    commands: readonly RedisCommand[],
  ): Promise<readonly Classification[]> {
    const { classifications, decision } = judged(active, about, commands);
    const writes = classifications.some(({ write }) => write);
    if (writes && (decision.allowed || decision.rule === 'guardrail'))
      await this.#askPolicies(active, about, commands.length);
    if (!decision.allowed) throw decision.failure;
    return classifications;
  }

  /** For operations whose writes are only known later; `guard` judges those. @throws Failure BLOCKED */
  async permitWriting(active: ActiveConnection, about: About, items: number): Promise<void> {
    // Read-only is the simpler answer, and the guard gives it.
    if (!active.readOnlyNow) await this.#askPolicies(active, about, items);
  }

  /** Read-only and guardrails alone: policies were asked for the operation, or are for each batch of a run. */
  guard(active: ActiveConnection, about: About, commands: readonly RedisCommand[]): readonly Classification[] {
    const { classifications, decision } = judged(active, about, commands);
    if (!decision.allowed) throw decision.failure;
    return classifications;
  }

  async #askPolicies({ definition }: ActiveConnection, { action, runId }: About, items: number): Promise<void> {
    const question = { connectionUid: definition.uid, action, items, at: isoTime(this.#clock) };
    const ruling = await this.#governance.rule({ ...question, ...(runId === undefined ? {} : { runId }) });
    requireAllowed(ruling, question);
  }
}

function judged(
  { definition, session, readOnlyNow }: ActiveConnection,
  { action, confirm }: About,
  commands: readonly RedisCommand[],
): Judged {
  const guarded = commands.map((command) => ({ command, classification: classify(command, session.commandTable) }));
  const decision = decideGuard({
    action,
    connectionName: definition.name,
    environment: definition.environment,
    readOnlyNow,
    commands: guarded,
    ...(confirm === undefined ? {} : { confirm }),
  });
  return { classifications: guarded.map(({ classification }) => classification), decision };
}
