import type { Verdict } from '../../../../src/domain/alerts/measured.ts';
import { isBreach, isRecovered, type AlertRuleDraft } from '../../../../src/domain/alerts/rule.ts';
import { step, type AlertInstance, type Happening } from '../../../../src/domain/alerts/state.ts';

export const minute = 60_000;
export const hour = 60 * minute;

export function ruleOf(over: Partial<AlertRuleDraft> = {}): AlertRuleDraft {
  return {
    name: 'Rule',
    metric: 'errorRate',
    aggregation: 'ratio',
    operator: '>',
    threshold: 0.8,
    lookbackMinutes: 5,
    forSeconds: 0,
    severity: 'critical',
    scope: { connections: '*', environments: '*' },
    enabled: true,
    ...over,
  };
}

/** A value as the rule judges it; text for the rest. */
export type Seen = number | 'noData' | 'error' | 'gone' | 'notAvailable';

export function verdictFor(rule: AlertRuleDraft, seen: Seen): Verdict {
  switch (seen) {
    case 'noData':
      return { kind: 'noData', reason: 'notCollected' };
    case 'error':
      return { kind: 'error', reason: 'it could not be read' };
    case 'gone':
      return { kind: 'gone' };
    case 'notAvailable':
      return { kind: 'notAvailable' };
    default:
      if (isBreach(rule, seen)) return { kind: 'breach', value: seen };
      return { kind: isRecovered(rule, seen) ? 'clear' : 'between', value: seen };
  }
}

/** One rule on one connection, on an injected clock. */
export class Bench {
  rule: AlertRuleDraft;
  nowMs: number;
  instance: AlertInstance | null = null;
  readonly happenings: Happening[] = [];

  constructor(rule: AlertRuleDraft, startMs = Date.UTC(2026, 10, 22, 1, 0)) {
    this.rule = rule;
    this.nowMs = startMs;
  }

  /** Judges the present slot. */
  see(seen: Seen): this {
    const { after, happenings } = step(this.rule, this.instance, this.nowMs, verdictFor(this.rule, seen));
    this.instance = after;
    this.happenings.push(...happenings);
    return this;
  }

  after(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** Several values, a slot apart, the first one now. Leaves the clock a slot after the last. */
  run(values: readonly Seen[], slotMs = 30_000): string[] {
    return values.map((seen) => {
      this.see(seen).after(slotMs);
      return this.state;
    });
  }

  get state(): string {
    return this.instance?.state ?? 'normal';
  }

  count(kind: Happening['kind']): number {
    return this.happenings.filter((happening) => happening.kind === kind).length;
  }
}
