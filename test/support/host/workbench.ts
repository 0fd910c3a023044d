// A person at a VS Code: opens the workbench in Chromium, clicks, types and reads what is shown. Every wait is bounded, and
// every failure says what was on the screen.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { projectRoot } from '../root.ts';
import { waitFor } from '../waiting.ts';
import { launchChromium } from './chromium.ts';
import { QuickInput } from './quickInput.ts';
import { startVscodeHost, themes, type ThemeName, type VscodeHost, type VscodeHostOptions } from './vscodeHost.ts';

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** 1 for a view's own children. */
  readonly level: number;
  readonly expanded: boolean | undefined;
  readonly selected: boolean;
}

export interface WorkbenchOptions extends VscodeHostOptions {
  readonly theme?: ThemeName;
  readonly size?: { readonly width: number; readonly height: number };
  /** Use this running host instead of starting one; it is then not stopped by `close`. */
  readonly host?: VscodeHost;
}

const LIMIT_MS = 30_000;
const OPEN_LIMIT_MS = 60_000;
const SIZE = { width: 1280, height: 800 };

/** Text as a person reads it: VS Code draws spaces as no-break spaces. */
function plain(text: string | null): string {
  return (text ?? '').replaceAll('\u00a0', ' ').trim();
}

function quotedForSelector(text: string): string {
  return JSON.stringify(text);
}

export class Workbench {
  readonly page: Page;
  readonly host: VscodeHost;
  readonly quickInput: QuickInput;
  /** Messages of the page's console, the last 200: for finding out why something failed. */
  readonly console: readonly string[];
  private readonly browser: Browser;
  private readonly ownsHost: boolean;

  constructor(page: Page, host: VscodeHost, browser: Browser, ownsHost: boolean, messages: readonly string[]) {
    this.page = page;
    this.host = host;
    this.browser = browser;
    this.ownsHost = ownsHost;
    this.console = messages;
    this.quickInput = new QuickInput(page);
  }

  /** Waits until the workbench is drawn and its remote extension host answers. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar .action-item').first().waitFor({ timeout: OPEN_LIMIT_MS });
    await this.page.locator('.monaco-workbench .statusbar-item').first().waitFor({ timeout: OPEN_LIMIT_MS });
  }

  /** Loads the page again, as F5 in the browser does: the extension host starts anew. */
  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'domcontentloaded' });
    await this.ready();
  }

  async close(): Promise<void> {
    await this.browser.close();
    if (this.ownsHost) await this.host.stop();
  }

  // Commands and views

  /** Runs a command by its title in the Command Palette, for example `Cachify: Add connection…`. */
  async run(title: string): Promise<void> {
    // Tried again as a person would: a window that is still settling may take the focus away from the palette.
    await waitFor(`the command ${title} in the palette`, 2 * LIMIT_MS, async () => {
      try {
        await this.page.keyboard.press('F1');
        await this.quickInput.type(`>${title}`, 3000);
        await this.quickInput.pick(title, 8000);
        return true;
      } catch (error) {
        // An open palette does not look again for commands that came meanwhile.
        await this.quickInput.close();
        throw error;
      }
    });
  }

  /** Opens a view container by its Activity Bar title. */
  async openContainer(title: string): Promise<void> {
    const heading = this.page.locator('.sidebar .composite.title h2').filter({ hasText: title });
    await this.activityIcon(title).waitFor({ timeout: LIMIT_MS });
    await waitFor(`${title} in the side bar`, LIMIT_MS, async () => {
      if (await heading.isVisible()) return true;
      // A second click would close it again, so each click gets time to show.
      await this.activityIcon(title).click({ timeout: LIMIT_MS });
      return heading.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
    });
  }

  activityIcon(title: string): Locator {
    return this.page
      .locator(`.activitybar .action-item a.action-label[aria-label*=${quotedForSelector(title)}]`)
      .first();
  }

  /** One view of the side bar, by its title. */
  view(title: string): Locator {
    return this.page.locator('.pane').filter({ has: this.page.locator('.pane-header h3.title', { hasText: title }) });
  }

  /** Unfolds a view of the side bar when it is folded. */
  async openView(title: string): Promise<void> {
    await this.view(title).waitFor({ timeout: LIMIT_MS });
    const header = this.view(title).locator('.pane-header').first();
    // A view that is alone in its container has no header of its own.
    if ((await header.isVisible()) && (await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  /** Folds a view of the side bar, which leaves its room to the others: only rows in sight can be read and clicked. */
  async foldView(title: string): Promise<void> {
    const header = this.view(title).locator('.pane-header').first();
    await header.waitFor({ timeout: LIMIT_MS });
    if ((await header.getAttribute('aria-expanded')) === 'false') return;
    await header.click();
    await waitFor(`${title} to fold`, LIMIT_MS, async () => (await header.getAttribute('aria-expanded')) === 'false');
  }

  /** A button in the title of a view, by its tooltip; shown while the pointer is over the view. */
  async viewAction(view: string, action: string): Promise<void> {
    await this.view(view).locator('.pane-header').first().hover();
    await this.view(view)
      .locator(`.pane-header .action-label[aria-label*=${quotedForSelector(action)}]`)
      .first()
      .click();
  }

  // Trees

  /** The rows that a view shows now, top to bottom; rows out of sight are not there. */
  async rows(view: string): Promise<TreeRow[]> {
    const found = await this.view(view)
      .locator('.monaco-list-row')
      .evaluateAll((elements) =>
        elements.map((element) => ({
          top: Number.parseFloat(element.style.top || '0'),
          label: element.querySelector('.label-name')?.textContent ?? element.textContent,
          description: element.querySelector('.label-description')?.textContent ?? '',
          level: Number(element.getAttribute('aria-level') ?? 1),
          expanded: element.getAttribute('aria-expanded'),
          selected: element.classList.contains('selected'),
        })),
      );
    return found
      .sort((a, b) => a.top - b.top)
      .map((row) => ({
        label: plain(row.label),
        description: plain(row.description),
        level: row.level,
        expanded: row.expanded === null ? undefined : row.expanded === 'true',
        selected: row.selected,
      }));
  }

  /** Waits for a row whose label and description, with a blank between them, match; gives them so. */
  async rowSaying(view: string, text: RegExp, timeoutMs = 2 * LIMIT_MS): Promise<string> {
    return waitFor(`a row of ${view} that says ${text}`, timeoutMs, async () => {
      const rows = await this.rows(view);
      return rows.map(({ label, description }) => `${label} ${description}`).find((row) => text.test(row));
    });
  }

  /** A row by its label (exact), or by a pattern on its label. */
  row(view: string, label: string | RegExp): Locator {
    const name = this.page.locator('.label-name').filter({ hasText: exactly(label) });
    return this.view(view).locator('.monaco-list-row').filter({ has: name }).first();
  }

  async expand(view: string, label: string | RegExp): Promise<void> {
    const row = this.row(view, label);
    const isExpanded = async (): Promise<boolean> => (await row.getAttribute('aria-expanded')) === 'true';
    await row.waitFor({ timeout: LIMIT_MS });
    await waitFor(`${label} in ${view} to expand`, 2 * LIMIT_MS, async () => {
      if (await isExpanded()) return true;
      // A row that is drawn anew under the click loses it. A second one would fold it again, so each gets time to show.
      await row.locator('.monaco-tl-twistie').click();
      return waitFor('it to show', 10_000, isExpanded).catch(() => false);
    });
  }

  async click(view: string, label: string | RegExp): Promise<void> {
    await this.row(view, label).click({ timeout: LIMIT_MS });
  }

  /** Presses an icon at the end of a row, by its tooltip. */
  async rowAction(view: string, label: string | RegExp, action: string): Promise<void> {
    const row = this.row(view, label);
    await row.hover({ timeout: LIMIT_MS });
    await row
      .locator(`.actions .action-label[aria-label*=${quotedForSelector(action)}]`)
      .first()
      .click({ timeout: LIMIT_MS });
  }

  /** Opens a row's context menu and gives the titles in it. */
  async openMenu(view: string, label: string | RegExp): Promise<string[]> {
    await this.row(view, label).click({ button: 'right', timeout: LIMIT_MS });
    const items = this.page.locator('.monaco-menu .action-item .action-label:not(.separator)');
    await items.first().waitFor({ timeout: LIMIT_MS });
    return (await items.allTextContents()).map(plain).filter((text) => text !== '');
  }

  /** Chooses an item of a row's context menu. */
  async menu(view: string, label: string | RegExp, item: string): Promise<void> {
    const titles = await this.openMenu(view, label);
    const wanted = this.page
      .locator('.monaco-menu .action-item')
      .filter({ hasText: exactly(item) })
      .first();
    if ((await wanted.count()) === 0) throw new Error(`The menu has no ${item}, but: ${titles.join(' | ')}`);
    // VS Code takes no click for a moment after a menu opened, so that the click that opened it chooses nothing.
    await waitFor(`the menu to take ${item}`, LIMIT_MS, async () => {
      await wanted.click({ timeout: 1000 }).catch(() => undefined);
      await this.page.waitForTimeout(150);
      return wanted.isHidden();
    });
  }

  // Messages

  /** Texts of the notifications, newest first. A driven window shows no toasts, so their centre is opened. */
  async notifications(): Promise<string[]> {
    const centre = this.page.locator('.notifications-center');
    if (!(await centre.isVisible())) {
      const bell = this.page.locator('.statusbar-item').filter({ has: this.page.locator('.codicon-bell-dot') });
      if ((await bell.count()) > 0) await bell.first().click();
    }
    return (await this.page.locator('.notification-list-item-message').allTextContents()).map(plain);
  }

  /** Waits for a notification that contains a text, and gives its whole text. */
  async notification(text: string | RegExp, timeoutMs = LIMIT_MS): Promise<string> {
    const seen = new Set<string>();
    return waitFor(`the notification ${text}`, timeoutMs, async () => {
      const shown = await this.notifications();
      for (const each of shown) seen.add(each);
      return shown.find((each) => (typeof text === 'string' ? each.includes(text) : text.test(each)));
    }).catch((error: unknown) => {
      throw new Error(`No notification ${text}. Shown were: ${[...seen].join(' | ') || 'none'}`, { cause: error });
    });
  }

  /** Presses a button of the notification that contains a text. */
  async notificationButton(text: string | RegExp, button: string): Promise<void> {
    await this.notification(text);
    const item = this.page.locator('.notification-list-item').filter({ hasText: text }).first();
    await item.hover();
    await item
      .locator('.monaco-button')
      .filter({ hasText: exactly(button) })
      .click({ timeout: LIMIT_MS });
  }

  /** Closes all notifications. */
  async clearNotifications(): Promise<void> {
    await this.run('Notifications: Clear All Notifications');
  }

  /** Waits for a modal dialog and gives its whole text. */
  async dialog(): Promise<string> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor({ timeout: LIMIT_MS });
    return plain(await box.locator('.dialog-message-row').innerText());
  }

  async dialogButton(button: string): Promise<void> {
    const box = this.page.locator('.monaco-dialog-box');
    await box
      .locator('.monaco-button')
      .filter({ hasText: exactly(button) })
      .click({ timeout: LIMIT_MS });
    await box.waitFor({ state: 'hidden', timeout: LIMIT_MS });
  }

  async statusBar(): Promise<string[]> {
    const texts = await this.page.locator('.statusbar-item').allTextContents();
    return texts.map(plain).filter((text) => text !== '');
  }

  /** A status bar item by a part of its text. */
  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  // Editors

  /** Titles of the open editors, left to right. */
  async tabs(): Promise<string[]> {
    const tabs = this.page.locator('.tabs-container .tab');
    return tabs.evaluateAll((elements) => elements.map((tab) => tab.getAttribute('data-resource-name') ?? ''));
  }

  /** A tab by its title, or by a pattern on all of its text. */
  tab(title: string | RegExp): Locator {
    if (title instanceof RegExp) return this.page.locator('.tabs-container .tab').filter({ hasText: title }).first();
    return this.page.locator(`.tabs-container .tab[data-resource-name=${quotedForSelector(title)}]`).first();
  }

  /** The active text editor. */
  editor(): Locator {
    return this.page.locator('.editor-group-container.active .editor-instance .monaco-editor').first();
  }

  /** The lines of the active text editor that are in sight. */
  async editorText(): Promise<string> {
    await this.editor().locator('.view-line').first().waitFor({ timeout: LIMIT_MS });
    const lines = await this.editor()
      .locator('.view-line')
      .evaluateAll((elements) =>
        elements.map((line) => ({ top: Number.parseFloat(line.style.top || '0'), text: line.textContent })),
      );
    return lines
      .sort((a, b) => a.top - b.top)
      .map((line) => line.text.replaceAll('\u00a0', ' '))
      .join('\n');
  }

  /** Waits until the visible text of the active editor satisfies a test, and gives it. */
  async editorShows(expected: string | RegExp, timeoutMs = LIMIT_MS): Promise<string> {
    let last = '';
    return waitFor(`the editor to show ${expected}`, timeoutMs, async () => {
      last = await this.editorText();
      return (typeof expected === 'string' ? last.includes(expected) : expected.test(last)) && last;
    }).catch((error: unknown) => {
      throw new Error(`The editor does not show ${expected}, but:\n${last}`, { cause: error });
    });
  }

  /** Replaces the whole text of the active editor by pasting: typing would have brackets closed by the editor. */
  async replaceText(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await this.editor().locator('.view-lines').click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.press('ControlOrMeta+V');
    await this.editorShows(text);
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+S');
  }

  async closeEditors(): Promise<void> {
    await this.run('View: Close All Editors');
  }

  // Webviews

  /**
   * The document inside a webview: the frame that holds the extension's own page. Without a title the only, or first, one.
   *
   * @param contains a selector that the page must hold, when several webviews are open.
   */
  async webview(contains = 'body'): Promise<Frame> {
    return waitFor(`a webview with ${contains}`, LIMIT_MS, async () => {
      for (const frame of this.page.frames()) {
        const parent = frame.parentFrame();
        if (!parent?.url().includes('/webview/browser/pre/')) continue;
        const element = await frame.frameElement();
        if (!(await element.isVisible())) continue;
        if ((await frame.locator(contains).count()) > 0) return frame;
      }
      return undefined;
    });
  }

  // Looks

  async setTheme(name: ThemeName): Promise<void> {
    const look = { dark: 'vs-dark', light: 'vs', contrast: 'hc-black', contrastLight: 'hc-light' }[name];
    const label = {
      dark: themes.dark,
      light: themes.light,
      contrast: 'Dark High Contrast',
      contrastLight: 'Light High Contrast',
    }[name];
    const drawn = this.page.locator(`.monaco-workbench.${look}`);
    if (await drawn.isVisible()) return;
    // As a person does it: a change of the user settings file from outside is not always noticed. Again, when the picker came
    // before the themes were known.
    await waitFor(`the ${name} theme`, LIMIT_MS, async () => {
      await this.run('Preferences: Color Theme');
      await this.quickInput.type(label);
      try {
        await this.quickInput.pick(label, 4000);
      } finally {
        await this.quickInput.close();
      }
      return true;
    });
    await drawn.waitFor({ timeout: LIMIT_MS });
  }

  /** Takes a picture of the window into `out/pictures/NAME.png`, or to an absolute path. Gives the path. */
  async screenshot(name: string): Promise<string> {
    const path = name.startsWith('/') ? name : join(projectRoot(), 'out/pictures', `${name}.png`);
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    return path;
  }
}

function exactly(text: string | RegExp): RegExp {
  if (text instanceof RegExp) return text;
  // VS Code draws a space as a no-break space in places, which \s covers.
  return new RegExp(
    `^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(' ', String.raw`\s`)}\\s*$`,
  );
}

function remember(page: Page): string[] {
  const messages: string[] = [];
  page.on('console', (message) => {
    messages.push(`${message.type()}: ${message.text().slice(0, 400)}`);
    if (messages.length > 200) messages.shift();
  });
  return messages;
}

async function newPage(browser: Browser, options: WorkbenchOptions): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: options.size ?? SIZE, reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  return { context, page };
}

/** Quick inputs stay open when something else takes the focus, which in a driven window is never meant. */
const forDriving = { 'workbench.quickOpen.closeOnFocusLost': false };

/** Starts VS Code (unless a host is given), opens its workbench and waits until it can be used. */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const settings = {
    ...forDriving,
    ...options.settings,
    ...(options.theme ? { 'workbench.colorTheme': themes[options.theme] } : {}),
  };
  const host = options.host ?? (await startVscodeHost({ ...options, settings }));
  const browser = await launchChromium();
  const { page } = await newPage(browser, options);
  const workbench = new Workbench(page, host, browser, options.host === undefined, remember(page));
  try {
    await page.goto(host.url(), { waitUntil: 'domcontentloaded', timeout: OPEN_LIMIT_MS });
    await workbench.ready();
  } catch (error) {
    await workbench.screenshot('workbench-did-not-open').catch(() => undefined);
    await workbench.close();
    throw error;
  }
  return workbench;
}
