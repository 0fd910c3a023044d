import type { Environment } from '../connections/definition.ts';
import { unruled, type PolicyRule, type Ruling, type Violation } from './decision.ts';
import type { ExecutionWindow, PackContent } from './pack.ts';
import {
  intersection,
  isOpen,
  minutesOfWindow,
  minutesOfWindows,
  nextOpening,
  wholeWeek,
  type WeekSet,
} from './week.ts';
import { openingWords } from './words.ts';

/** A pack that holds on a connection. */
export interface HoldingPack {
  readonly id: string;
  readonly content: PackContent;
}

/** A pack that should hold and cannot be read: nothing is allowed until it can. */
export interface UnreadablePack {
  readonly id: string;
  readonly name: string;
  readonly problem: string;
}

export interface PolicyQuestion {
  /** The API method, e.g. `workflows.start`; only acts that may change something are asked about. */
  readonly action: string;
  readonly environment: Environment;
  /** Items that the run and those before it have attempted, with what this act would add. */
  readonly items: number;
  readonly packs: readonly HoldingPack[];
  readonly unreadable: readonly UnreadablePack[];
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** The dry run only reads: policies bound its plan, and say about the start whether it may happen. */
const dryRun = 'workflows.plan';
/** Acts whose items count against a cap. A batch is bounded by the run, which knows how far it may go. */
const capped: ReadonlySet<string> = new Set(['workflows.start', 'workflows.resume', 'workflows.batch']);

/**
 * What the packs of a connection say about one act at one moment. Packs add up and the most restrictive wins:
 * environments and windows intersect, caps take the least. Every violated rule is listed. Pure.
 */
export function decidePolicy(question: PolicyQuestion): Ruling {
  const { packs, unreadable, atMs, action } = question;
  const at = new Date(atMs).toISOString();
  const holding = packs.filter(({ content }) => content.enabled);
  if (holding.length === 0 && unreadable.length === 0) return unruled(at);
  const windows = windowsOf(holding);
  const maxItems = least(holding.map(({ content }) => content.maxWorkflowItems));
  const violations =
    action === dryRun
      ? []
      : [
          ...unreadable.map(unreadableViolation),
          ...environmentViolations(question, holding),
          ...windowViolations(holding, windows, atMs),
          ...itemViolations(question, holding),
        ];
  const allowed = violations.length === 0;
  const opens = violations.every(({ rule }) => rule === 'executionWindows') ? nextOpening(windows, atMs) : null;
  const binding = bindingPack(holding, violations);
  return {
    decision: {
      allowed,
      violations,
      ...(allowed || opens === null ? {} : { nextOpening: new Date(opens).toISOString() }),
      at,
    },
    packIds: idsFrom(binding?.id ?? violations[0]?.packId, [...holding, ...unreadable]),
    windowId: windowAt(binding, atMs),
    maxItems,
    maxRetryAttempts: least(holding.map(({ content }) => content.maxRetryAttempts)),
  };
}

/** Minutes of the week that all packs with scheduling leave open. */
export function windowsOf(packs: readonly HoldingPack[]): WeekSet {
  return packs
    .filter(({ content }) => content.schedulingEnabled)
    .reduce((open, { content }) => intersection(open, minutesOfWindows(content.executionWindows)), wholeWeek);
}

function environmentViolations({ environment }: PolicyQuestion, packs: readonly HoldingPack[]): Violation[] {
  const common = packs.reduce<readonly string[]>(
    (left, { content }) => left.filter((each) => content.environments.some((allowed) => allowed === each)),
    ['dev', 'staging', 'prod'],
  );
  const here = environment === 'unknown' ? 'this connection names no environment' : `this connection is ${environment}`;
  return packs.flatMap((pack): Violation[] => {
    const { environments, name } = pack.content;
    const allowed = environments.some((each) => each === environment);
    if (!allowed) return [violation(pack, 'environments', `Allows ${environments.join(', ')}; ${here}.`)];
    if (common.length > 0) return [];
    const others = packs.filter(({ content }) => content.name !== name).map(({ content }) => content.name);
    const message = `Allows ${environments.join(', ')}, which leaves no environment in common with ${others.join(', ')}.`;
    return [violation(pack, 'environments', message)];
  });
}

function windowViolations(packs: readonly HoldingPack[], windows: WeekSet, atMs: number): Violation[] {
  if (isOpen(windows, atMs)) return [];
  const scheduled = packs.filter(({ content }) => content.schedulingEnabled);
  if (windows.length === 0) {
    return scheduled.map((pack) => {
      const others = scheduled.filter(({ id }) => id !== pack.id).map(({ content }) => content.name);
      return violation(pack, 'executionWindows', `Its windows have no minute in common with ${others.join(', ')}.`);
    });
  }
  return scheduled
    .map((pack) => ({ pack, own: minutesOfWindows(pack.content.executionWindows) }))
    .filter(({ own }) => !isOpen(own, atMs))
    .map(({ pack, own }) => violation(pack, 'executionWindows', `Its window is closed; ${openingWords(own, atMs)}.`));
}

function itemViolations({ action, items }: PolicyQuestion, packs: readonly HoldingPack[]): Violation[] {
  if (!capped.has(action)) return [];
  return packs
    .filter(({ content }) => items > content.maxWorkflowItems)
    .map((pack) => {
      const cap = pack.content.maxWorkflowItems.toLocaleString('en-US');
      const message = `Allows ${cap} items per run, all its resumes together; this would be ${items.toLocaleString('en-US')}.`;
      return violation(pack, 'maxWorkflowItems', message);
    });
}

function unreadableViolation({ id, name, problem }: UnreadablePack): Violation {
  return {
    packId: id,
    packName: name,
    rule: 'unreadablePack',
    message: `Cannot be read, so nothing is allowed: ${problem}`,
  };
}

function violation({ id, content }: HoldingPack, rule: PolicyRule, message: string): Violation {
  return { packId: id, packName: content.name, rule, message };
}

/** The pack that decides: the first that is violated, else the one with the lowest cap. */
function bindingPack(packs: readonly HoldingPack[], violations: readonly Violation[]): HoldingPack | undefined {
  const violated = packs.find(({ id }) => id === violations[0]?.packId);
  return violated ?? [...packs].sort((a, b) => a.content.maxWorkflowItems - b.content.maxWorkflowItems)[0];
}

function idsFrom(first: string | undefined, packs: readonly { readonly id: string }[]): readonly string[] {
  const ids = packs.map(({ id }) => id);
  return first === undefined ? ids : [first, ...ids.filter((id) => id !== first)];
}

function windowAt(pack: HoldingPack | undefined, atMs: number): string | null {
  if (pack === undefined || !pack.content.schedulingEnabled) return null;
  return windowOpenOrNext(pack.content.executionWindows, atMs)?.id ?? null;
}

/** The window that is open, else the one that opens first. */
function windowOpenOrNext(windows: readonly ExecutionWindow[], atMs: number): ExecutionWindow | undefined {
  const sets = windows.map((window) => ({ window, set: minutesOfWindow(window) }));
  const open = sets.find(({ set }) => isOpen(set, atMs));
  if (open !== undefined) return open.window;
  const opening = (set: WeekSet): number => nextOpening(set, atMs) ?? Infinity;
  return sets.sort((a, b) => opening(a.set) - opening(b.set))[0]?.window;
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}
