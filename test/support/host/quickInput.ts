import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../waiting.ts';

const LIMIT_MS = 30_000;
const LEAVE_LIMIT_MS = 5000;

/** Quick picks, input boxes and the Command Palette: one widget at the top of the window. */
export class QuickInput {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  private box(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  async waitUntilOpen(): Promise<void> {
    await this.box().waitFor({ timeout: LIMIT_MS });
  }

  /** Waits until it is closed: a command that asks further steps opens it again at once. */
  async waitUntilClosed(): Promise<void> {
    await this.box().waitFor({ state: 'hidden', timeout: LIMIT_MS });
  }

  async title(): Promise<string> {
    await this.waitUntilOpen();
    return (await this.box().locator('.quick-input-title').innerText()).trim();
  }

  /** The prompt or validation message under the input. */
  async message(): Promise<string> {
    await this.waitUntilOpen();
    return (await this.box().locator('.quick-input-message').innerText()).trim();
  }

  /** Waits until the prompt or validation message, which comes a moment after the typing, matches; gives it. */
  async says(expected: RegExp): Promise<string> {
    let last = '';
    return waitFor(`the question to say ${expected}`, LIMIT_MS, async () => {
      last = await this.message();
      return expected.test(last) && last;
    }).catch((error: unknown) => {
      throw new Error(`The question does not say ${expected}, but: ${last}`, { cause: error });
    });
  }

  /** What tells one question from the next; empty when none is open. */
  private async question(): Promise<string> {
    const box = this.box();
    if (!(await box.isVisible())) return '';
    const texts = await box.locator('.quick-input-title, .quick-input-message, .label-name').allTextContents();
    const placeholders = await box
      .locator('input')
      .evaluateAll((inputs) => inputs.map((each) => each.getAttribute('placeholder')));
    return JSON.stringify([texts, placeholders]);
  }

  /** Does what answers a question, and waits until the next one, a complaint or nothing is there: never type into the old one. */
  private async leaving(act: () => Promise<void>): Promise<void> {
    const before = await this.question();
    await act();
    const end = performance.now() + LEAVE_LIMIT_MS;
    while (performance.now() < end && (await this.question()) === before) await sleep(25);
  }

  async placeholder(): Promise<string> {
    await this.waitUntilOpen();
    return (await this.input().getAttribute('placeholder')) ?? '';
  }

  async value(): Promise<string> {
    return this.input().inputValue();
  }

  private input(): Locator {
    return this.box().locator('.quick-input-box input');
  }

  /** Replaces the text of the input. */
  async type(text: string, timeoutMs = LIMIT_MS): Promise<void> {
    await this.input().fill(text, { timeout: timeoutMs });
  }

  async accept(): Promise<void> {
    await this.leaving(() => this.input().press('Enter'));
  }

  /** Closes it if it is still open. */
  async close(): Promise<void> {
    if (await this.box().isVisible()) await this.cancel();
    await this.waitUntilClosed();
  }

  async cancel(): Promise<void> {
    await this.page.keyboard.press('Escape');
  }

  /** Types an answer to an input box and accepts it. */
  async answer(text: string): Promise<void> {
    await this.type(text);
    await this.accept();
  }

  /**
   * Answers VS Code's own dialog for a file. It proposes a path a moment after it opens, which would replace what was typed
   * before; and while it is still looking into the folder it takes no answer, so that Enter is pressed until it does.
   *
   * @param title the beginning of the dialog's title.
   * @param isProposed tells the path that it proposes in the end from what it shows before.
   */
  async answerFileDialog(title: string, isProposed: (path: string) => boolean, path: string): Promise<void> {
    await waitFor(`the dialog ${title}, with its proposal`, LIMIT_MS, async () => {
      return (await this.title()).startsWith(title) && isProposed(await this.value());
    });
    await this.answer(path);
    await waitFor(`the dialog ${title} to take ${path}`, LIMIT_MS, async () => {
      if (!(await this.box().isVisible())) return true;
      // Into the dialog and nowhere else: what has the focus after it may be the button that opened it.
      await this.input().press('Enter', { timeout: 1000 });
      return !(await this.box().isVisible());
    });
  }

  /** Labels of the rows in sight. */
  async items(): Promise<string[]> {
    await this.waitUntilOpen();
    const texts = await this.rows().locator('.quick-input-list-row:first-child .label-name').allTextContents();
    return texts.map((text) => text.replaceAll('\u00a0', ' ').trim());
  }

  private rows(): Locator {
    return this.box().locator('.quick-input-list .monaco-list-row');
  }

  /** Clicks the row with this label, once it is there. */
  async pick(label: string, timeoutMs = LIMIT_MS): Promise<void> {
    let shown: string[] = [];
    const index = await waitFor(`the choice ${label}`, timeoutMs, async () => {
      shown = await this.items();
      const found = shown.indexOf(label);
      return found >= 0 && { found };
    }).catch((error: unknown) => {
      throw new Error(`No choice ${label}. Shown were: ${shown.join(' | ') || 'none'}`, { cause: error });
    });
    await this.leaving(() => this.rows().nth(index.found).click({ timeout: LIMIT_MS }));
  }
}
