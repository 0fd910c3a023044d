import { QuickInputButtons, window, type QuickInput, type QuickPickItem } from 'vscode';

/** The person went one step back. */
export const back = Symbol('back');
/** The step has nothing to ask. */
export const skip = Symbol('skip');

/** Where a question stands in its wizard; a question on its own has none. */
export interface StepPlace {
  readonly step: number;
  readonly of: number;
  readonly canGoBack: boolean;
}

export interface TextQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  /** What is wrong with the text, as a sentence. */
  readonly validate?: (text: string) => string | undefined;
}

export interface ChoiceQuestion<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly choices: readonly Choice<T>[];
  /** The choice that is marked at first. */
  readonly active?: T;
}

export interface Choice<T> extends QuickPickItem {
  readonly value: T;
}

/** Asks for a text; undefined when dismissed. Says what is wrong while the person types, but not before they began. */
export function askText(question: TextQuestion, place?: StepPlace): Promise<string | typeof back | undefined> {
  const input = window.createInputBox();
  input.value = question.value ?? '';
  input.prompt = question.prompt;
  input.placeholder = question.placeholder ?? '';
  input.password = question.password ?? false;
  return shown(input, question.title, place, (settle) => [
    input.onDidChangeValue((text) => (input.validationMessage = question.validate?.(text) ?? '')),
    input.onDidAccept(() => {
      const problem = question.validate?.(input.value);
      if (problem === undefined) settle(input.value);
      else input.validationMessage = problem;
    }),
  ]);
}

/** Lets the person choose one; undefined when dismissed. */
export function askChoice<T>(question: ChoiceQuestion<T>, place?: StepPlace): Promise<T | typeof back | undefined> {
  const pick = window.createQuickPick<Choice<T>>();
  pick.items = question.choices;
  pick.placeholder = question.placeholder;
  pick.matchOnDescription = true;
  const active = question.choices.find((choice) => choice.value === question.active);
  if (active) pick.activeItems = [active];
  return shown(pick, question.title, place, (settle) => [
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen) settle(chosen.value);
    }),
  ]);
}

function shown<T>(
  input: QuickInput & {
    buttons: readonly (typeof QuickInputButtons.Back)[];
    onDidTriggerButton: (listener: (button: unknown) => void) => { dispose(): void };
  },
  title: string,
  place: StepPlace | undefined,
  listen: (settle: (answer: T) => void) => { dispose(): void }[],
): Promise<T | typeof back | undefined> {
  input.title = title;
  // Passwords and addresses are copied from other windows.
  input.ignoreFocusOut = true;
  if (place) {
    input.step = place.step;
    input.totalSteps = place.of;
    if (place.canGoBack) input.buttons = [QuickInputButtons.Back];
  }
  return new Promise((resolve) => {
    const settle = (answer: T | typeof back | undefined): void => {
      resolve(answer);
      input.dispose();
      for (const subscription of subscriptions) subscription.dispose();
    };
    const subscriptions = [
      ...listen(settle),
      input.onDidTriggerButton((button) => {
        if (button === QuickInputButtons.Back) settle(back);
      }),
      input.onDidHide(() => settle(undefined)),
    ];
    input.show();
  });
}

/** One step: the state with its answer, or back, or nothing to ask, or undefined when dismissed. */
export type WizardStep<State> = (
  state: State,
  place: StepPlace,
) => Promise<State | typeof back | typeof skip | undefined>;

/** Runs steps one after another; going back gives the state before the earlier step. Undefined when dismissed. */
export async function runWizard<State>(
  initial: State,
  steps: readonly WizardStep<State>[],
): Promise<State | undefined> {
  const asked: { readonly at: number; readonly state: State }[] = [];
  let state = initial;
  let at = 0;
  for (let step = steps[0]; step !== undefined; step = steps[at]) {
    const answer = await step(state, { step: at + 1, of: steps.length, canGoBack: asked.length > 0 });
    if (answer === undefined) return undefined;
    if (answer === back) {
      const previous = asked.pop();
      at = previous?.at ?? 0;
      state = previous?.state ?? initial;
    } else {
      if (answer !== skip) {
        asked.push({ at, state });
        state = answer;
      }
      at += 1;
    }
  }
  return state;
}
