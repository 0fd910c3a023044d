import type { Ruling } from '../../domain/governance/decision.ts';

/** Asked before anything that a policy may forbid. Every answer is a record of its own. */
export interface Governance {
  rule(question: {
    readonly connectionUid: string;
    /** The API method, e.g. `workflows.start`. */
    readonly action: string;
    readonly items: number;
    readonly runId?: string;
    readonly at: string;
  }): Promise<Ruling>;
}
