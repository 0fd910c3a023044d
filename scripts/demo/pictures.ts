import type { Frame } from 'playwright-core';
import type { ThemeName } from '../../test/support/host/vscodeHost.ts';
import type { Workbench } from '../../test/support/host/workbench.ts';

export interface Picture {
  /** File name in docs/images; themes other than dark add theirs. */
  readonly name: string;
  readonly themes: readonly ThemeName[];
  readonly size?: { readonly width: number; readonly height: number };
  /** The store remembers three hours of work; connections are settings of the user. */
  readonly past?: boolean;
  /** Brings what is to be seen onto the screen; runs again for each theme in the same window. */
  readonly steps: (workbench: Workbench) => Promise<void>;
}

interface TabPicture {
  /** Selector of what is there once the tab is filled. */
  readonly ready: string;
  readonly themes?: readonly ThemeName[];
  readonly more?: (page: Frame) => Promise<void>;
}

/** A tab of the Observability panel, with a past to show, and the server connected. */
function observability(tab: string, { ready, themes = ['dark'], more }: TabPicture): Picture {
  return {
    name: `observability-${tab}`,
    themes,
    past: true,
    size: { width: 1400, height: 900 },
    async steps(workbench) {
      await workbench.openContainer('Cachify');
      await workbench.expand('Connections', 'Shop dev');
      await workbench.run('Cachify: Open Observability');
      const page = await workbench.webview('#page');
      await page.locator(`#tab-${tab}`).click();
      await page.locator(ready).first().waitFor();
      await more?.(page);
    },
  };
}

/** The editor of a policy pack with office hours drawn, holding on production. */
async function policyPack(workbench: Workbench): Promise<void> {
  if (await workbench.tab(/Policy pack/).isVisible()) return;
  await workbench.openContainer('Cachify');
  await workbench.run('Cachify: New Policy Pack');
  const page = await workbench.webview('.pack-head');
  await page.locator('.field vscode-text-field').first().click();
  await workbench.page.keyboard.type('Prod change window');
  await page.locator('.week-grid').focus();
  const { keyboard } = workbench.page;
  for (const key of ['PageUp', 'Home', ...Array.from({ length: 16 }, () => 'ArrowRight')]) await keyboard.press(key);
  const wide = Array.from({ length: 15 }, () => 'Shift+ArrowRight');
  for (const key of [...Array.from({ length: 3 }, () => 'Shift+ArrowDown'), ...wide, 'Space'])
    await keyboard.press(key);
  await page.locator('.window-row').waitFor();
  await page.locator('vscode-button', { hasText: 'Create policy pack' }).click();
  await page.locator('.pack-head', { hasText: 'version 1' }).waitFor();
  await page.locator('.held vscode-checkbox', { hasText: 'Shop prod' }).click();
  await workbench.openView('Governance');
  await workbench.row('Governance', 'Shop prod').waitFor();
}

/** What is kept, with the plan of a purge. */
async function storage(workbench: Workbench): Promise<void> {
  await workbench.run('Cachify: Storage Summary');
  const page = await workbench.webview('.datasets');
  if ((await page.locator('.plan-table').count()) === 0) {
    await page.locator('.dataset').first().locator('vscode-button', { hasText: 'Purge…' }).click();
    await page.locator('.segmented button', { hasText: 'Older than …' }).click();
  }
  await page.locator('.plan-table').waitFor();
}

/** Types over the field that has the focus. Ctrl+A would select once more a moment later, also what was typed since. */
async function replace({ page }: Workbench, text: string): Promise<void> {
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.type(text);
}

/** A new rule on the demo's past: the last hour is worse than the two before. */
async function alertRule(workbench: Workbench): Promise<void> {
  await workbench.openContainer('Cachify');
  await workbench.foldView('Workflows');
  await workbench.openView('Alerts');
  await workbench.expand('Alerts', 'Rules');
  await workbench.run('Cachify: New Alert Rule');
  const page = await workbench.webview('.rule-form');
  await page.locator('.segmented button', { hasText: '6h' }).click();
  await page.locator('.field[aria-label="Condition"] vscode-text-field').click();
  await replace(workbench, '35');
  await page.locator('.field[aria-label="Recovery threshold"] vscode-text-field').click();
  await replace(workbench, '30');
  await page.locator('.rule-verdict:not(.muted)').waitFor();
  await page.locator('.rule-episodes tbody tr').first().waitFor();
}

/** A strict bundle of the demo's past, as its preview shows it. */
async function incidentBundle(workbench: Workbench): Promise<void> {
  if (await workbench.tab(/Incident bundle/).isVisible()) return;
  await workbench.openContainer('Cachify');
  await workbench.expand('Connections', 'Shop dev');
  await workbench.run('Cachify: New Incident Bundle…');
  const page = await workbench.webview('.bundle');
  await page.locator('.segmented button', { hasText: '6h' }).click();
  await page.locator('.segmented button', { hasText: 'Strict' }).click();
  await page.locator('.range-chart figcaption', { hasText: /\d operations/ }).waitFor();
  await page.locator('vscode-button', { hasText: 'Show what would be in it' }).click();
  await page.locator('.hash').first().waitFor({ timeout: 60_000 });
}

export const pictures: readonly Picture[] = [
  {
    name: 'incident-bundle',
    themes: ['dark', 'light'],
    past: true,
    size: { width: 1400, height: 900 },
    steps: incidentBundle,
  },
  { name: 'storage', themes: ['dark', 'light'], past: true, steps: storage },
  { name: 'alert-rule', themes: ['dark', 'light'], past: true, size: { width: 1600, height: 900 }, steps: alertRule },
  { name: 'policy-pack', themes: ['dark', 'light'], size: { width: 1400, height: 900 }, steps: policyPack },
  observability('overview', { ready: '.charts .u-over', themes: ['dark', 'light', 'contrast'] }),
  observability('keyspace', { ready: '.ranking tbody tr' }),
  observability('failures', {
    ready: '.failures-list .table-window .table-row',
    themes: ['dark', 'light'],
    async more(page) {
      await page.locator('.failures-list .table-window .table-row').nth(4).click();
      await page.locator('.attempts tbody tr').first().waitFor();
    },
  }),
  observability('compare', { ready: '.compare-charts .u-over', themes: ['dark', 'contrast'] }),
  observability('slow', { ready: '.timeline .table-window .table-row' }),
  observability('timeline', { ready: '.timeline .table-window .table-row' }),
  {
    name: 'connections',
    themes: ['dark', 'light'],
    async steps(workbench) {
      await workbench.openContainer('Cachify');
      await workbench.expand('Connections', 'Shop dev');
      await workbench.expand('Connections', 'cart:');
      await workbench.click('Connections', 'cart:1');
      await workbench.tab(/cart:1/).waitFor();
      await workbench.editorShows('lines');
    },
  },
];
