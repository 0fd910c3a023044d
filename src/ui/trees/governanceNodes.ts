import type { PackView } from '../../app/governance/governanceService.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import type { UnreadablePack } from '../../domain/governance/decide.ts';
import type { Decision, RecordedDecision } from '../../domain/governance/decision.ts';
import type { NoteLine } from './noteLine.ts';

/** The elements of the Governance view. Instances of classes, so that a command tells them from plain arguments. */
export type GovernanceNode =
  | PackNode
  | UnreadablePackNode
  | PackConnectionNode
  | DecisionsNode
  | DecisionNode
  | NoteLine;

export class PackNode {
  readonly view: PackView;

  constructor(view: PackView) {
    this.view = view;
  }
}

export class UnreadablePackNode {
  readonly pack: UnreadablePack;

  constructor(pack: UnreadablePack) {
    this.pack = pack;
  }
}

/** A connection on which a pack holds. */
export class PackConnectionNode {
  readonly packId: string;
  readonly definition: ConnectionDefinition;
  /** What would be said to a change at this moment, all packs together. */
  readonly decision: Decision;

  constructor(packId: string, definition: ConnectionDefinition, decision: Decision) {
    this.packId = packId;
    this.definition = definition;
    this.decision = decision;
  }
}

export class DecisionsNode {
  readonly group = 'decisions';
}

export class DecisionNode {
  readonly decision: RecordedDecision;

  constructor(decision: RecordedDecision) {
    this.decision = decision;
  }
}
