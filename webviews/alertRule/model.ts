import { computed, signal } from '@preact/signals';
import type { AlertRuleDraft } from '../../src/domain/alerts/rule.ts';
import { readRule } from '../../src/domain/alerts/validate.ts';
import type { Problem } from '../../src/domain/connections/fields.ts';
import { asFailure, type Failure } from '../../src/domain/failure.ts';
import type {
  AlertRuleContract,
  BacktestRange,
  RuleAct,
  RuleSnapshot,
  RuleTest,
} from '../../src/protocol/alertRule.ts';
import { connectToHost, keepState } from '../host.ts';
import { keptId, loadInto, loadWhenShown } from '../ui/pageModel.ts';
import { draftOfForm, fieldOf, formOf, type RuleForm } from './form.ts';

const host = connectToHost<AlertRuleContract>();

/** null until the host answered; `none` = there is no such rule. */
export const snapshot = signal<RuleSnapshot | null | 'none'>(null);
export const form = signal<RuleForm | null>(null);
export const failure = signal<Failure | null>(null);
export const range = signal<BacktestRange>('24h');
export const test = signal<RuleTest | null>(null);
export const testFailure = signal<Failure | null>(null);
export const testing = signal(false);
export const saving = signal(false);
export const saved = signal(false);
/** Problems that only the host can see. */
const hostProblems = signal<readonly Problem[]>([]);

export const read = computed(() => {
  const [shown, typed] = [snapshot.value, form.value];
  if (shown === null || shown === 'none' || typed === null) return null;
  return readRule(draftOfForm(typed), shown);
});

/** The rule that the form says, when it is one. */
export const rule = computed<AlertRuleDraft | null>(() => {
  const result = read.value;
  return result !== null && 'rule' in result ? result.rule : null;
});

/** What is wrong, by field of the form. */
export const problems = computed<ReadonlyMap<string, string>>(() => {
  const result = read.value;
  const found = [...(result !== null && 'problems' in result ? result.problems : []), ...hostProblems.value];
  const byField = new Map<string, string>();
  for (const problem of found) {
    const field = fieldOf(problem.path);
    if (!byField.has(field)) byField.set(field, problem.rule);
  }
  return byField;
});

export const isChanged = computed(() => {
  const [shown, typed] = [snapshot.value, form.value];
  if (shown === null || shown === 'none' || typed === null) return false;
  return shown.id === null || JSON.stringify(formOf(shown.draft)) !== JSON.stringify(typed);
});

let shownId: string | null = keptId('ruleId');
let asked = 0;
let due: ReturnType<typeof setTimeout> | undefined;

export function start(): void {
  host.on('snapshot', take);
  void loadWhenShown(load);
}

export function load(): Promise<void> {
  return loadInto(failure, () => host.request('ready', { ruleId: shownId }), take);
}

function take(answer: RuleSnapshot | null): void {
  if (answer === null) snapshot.value = 'none';
  else show(answer);
}

/** Another rule replaces the form; news of the same one leave what is being typed. */
function show(next: RuleSnapshot): void {
  const before = snapshot.peek();
  const isOther = before === null || before === 'none' || before.id !== next.id;
  const wasTouched = isChanged.peek();
  snapshot.value = next;
  if (!isOther && wasTouched) return;
  shownId = next.id;
  keepState({ ruleId: shownId });
  if (isOther) {
    saved.value = false;
    test.value = null;
  }
  const typed = formOf(next.draft);
  if (JSON.stringify(form.peek()) === JSON.stringify(typed) && !isOther) return;
  form.value = typed;
  testSoon(0);
}

export function change(part: Partial<RuleForm> | ((before: RuleForm) => RuleForm)): void {
  const before = form.peek();
  if (before === null) return;
  form.value = typeof part === 'function' ? part(before) : { ...before, ...part };
  saved.value = false;
  hostProblems.value = [];
  testSoon(350);
}

export function setRange(next: BacktestRange): void {
  range.value = next;
  testSoon(0);
}

/** What the rule as it is typed would have done; a newer question makes an older answer void. */
export function testSoon(ms: number): void {
  clearTimeout(due);
  // What is shown, and what is under way, is of another rule from now on.
  asked += 1;
  testing.value = rule.peek() !== null;
  due = setTimeout(() => void testNow(), ms);
}

async function testNow(): Promise<void> {
  const draft = rule.peek();
  if (draft === null) return;
  const mine = ++asked;
  testing.value = true;
  try {
    const answer = await host.request('test', { draft: { ...draft }, range: range.peek() });
    if (mine !== asked) return;
    test.value = answer;
    testFailure.value = null;
  } catch (error) {
    if (mine === asked) testFailure.value = asFailure(error);
  } finally {
    if (mine === asked) testing.value = false;
  }
}

export async function save(): Promise<void> {
  const [shown, draft] = [snapshot.peek(), rule.peek()];
  if (shown === null || shown === 'none' || draft === null || saving.peek()) return;
  saving.value = true;
  failure.value = null;
  try {
    const answer = await host.request('save', { id: shown.id, draft: { ...draft } });
    if ('problems' in answer) hostProblems.value = answer.problems;
    else {
      shownId = answer.id;
      keepState({ ruleId: shownId });
      snapshot.value = { ...shown, id: answer.id, draft };
      saved.value = true;
    }
  } catch (error) {
    failure.value = asFailure(error);
  } finally {
    saving.value = false;
  }
}

export async function act(what: RuleAct): Promise<void> {
  try {
    await host.request('act', { id: shownId, act: what });
  } catch (error) {
    failure.value = asFailure(error);
  }
}

export async function openEpisode(
  what: 'chart' | 'failures' | 'compare' | 'bundle',
  episode: { readonly connectionId: string; readonly from: string; readonly to: string },
): Promise<void> {
  const { connectionId, from, to } = episode;
  try {
    await host.request('openEpisode', { connectionId, from, to, what });
  } catch (error) {
    failure.value = asFailure(error);
  }
}
