import type { Frame, Locator } from 'playwright-core';
import { waitFor } from '../waiting.ts';
import type { Workbench } from './workbench.ts';

const RUNS = 'Workflows';

/** What a person does with runs in a workbench, for suites that share one. */
export function workflowsByHand(workbench: () => Workbench) {
  const page = (): Promise<Frame> => workbench().webview('.run-head');

  /** A button of the run's panel, by what it says. */
  async function button(text: string | RegExp): Promise<Locator> {
    return (await page()).locator('.run-actions vscode-button', { hasText: text });
  }

  /** Waits for a row of a view whose label and description, with a blank between them, match. */
  function rowOf(view: string, text: RegExp, limitMs = 60_000): Promise<string> {
    return waitFor(`a row ${text}`, limitMs, async () => {
      const rows = await workbench().rows(view);
      return rows.map(({ label, description }) => `${label} ${description}`).find((row) => text.test(row)) ?? false;
    });
  }

  /** Plans the deletion of a folder of the key tree; gives the panel once its first sentence matches. */
  async function planFolder(name: string, sentence: RegExp): Promise<Frame> {
    await waitFor(`the plan of ${name}`, 90_000, async () => {
      await workbench().menu('Connections', name, 'Delete Folder…');
      return rowOf(RUNS, new RegExp(`^Delete ${name}`), 20_000).catch(() => false);
    });
    const panel = await page();
    await panel.locator('.plan-facts strong', { hasText: sentence }).waitFor({ timeout: 60_000 });
    return panel;
  }

  return { button, rowOf, planFolder };
}
