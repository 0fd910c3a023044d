import type { AlertEvent } from '../../domain/alerts/event.ts';
import type { AlertRule } from '../../domain/alerts/rule.ts';
import type { AlertState } from '../../domain/alerts/views.ts';

/** The elements of the Alerts view. Instances of classes, so that a command tells them from plain arguments. */
export type AlertNode = AlertGroupNode | AlertStateNode | AlertEventNode | RuleNode | AlertNoteNode;

export type AlertGroup = 'firing' | 'pending' | 'history' | 'rules';

export class AlertGroupNode {
  readonly group: AlertGroup;
  readonly description: string;

  constructor(group: AlertGroup, description: string) {
    this.group = group;
    this.description = description;
  }
}

/** A rule that fires or may soon, on one connection. */
export class AlertStateNode {
  readonly state: AlertState;
  readonly rule: AlertRule;

  constructor(state: AlertState, rule: AlertRule) {
    this.state = state;
    this.rule = rule;
  }
}

export class AlertEventNode {
  readonly event: AlertEvent;

  constructor(event: AlertEvent) {
    this.event = event;
  }
}

export class RuleNode {
  readonly rule: AlertRule;
  /** What lies over it: the connections where it cannot be judged. */
  readonly states: readonly AlertState[];

  constructor(rule: AlertRule, states: readonly AlertState[]) {
    this.rule = rule;
    this.states = states;
  }
}

interface NoteParts {
  readonly description?: string;
  /** All that there is to say; the text itself when absent. */
  readonly tooltip?: string;
  readonly command?: { readonly id: string; readonly title: string };
}

/** A line that is no alert and no rule: the important thing first and short, all of it in the tooltip. */
export class AlertNoteNode {
  readonly text: string;
  readonly more: NoteParts;

  constructor(text: string, more: NoteParts = {}) {
    this.text = text;
    this.more = more;
  }
}
