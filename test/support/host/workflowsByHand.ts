import type { Frame } from 'playwright-core';
import { waitFor } from '../waiting.ts';
import type { Workbench } from './workbench.ts';

/** What a person does with runs in a workbench, for suites that share one. */
export function workflowsByHand(workbench: () => Workbench) {
  const panel = (): Promise<Frame> => workbench().webview('.run-head');

  /** Presses a button of the run's panel, by what it says, once it can be pressed: before that a click is lost. */
  async function pressButton(text: string | RegExp): Promise<void> {
    const enabled = '.run-actions vscode-button:not([disabled], [aria-disabled="true"])';
    await (await panel()).locator(enabled, { hasText: text }).click({ timeout: 60_000 });
  }

  /** Plans the deletion of a folder of the key tree; gives the panel once its first sentence matches. */
  async function planFolder(name: string, sentence: RegExp): Promise<Frame> {
    // A row that is drawn anew while its menu opens loses the choice: chosen again, as a person would.
    await waitFor(`the plan of ${name}`, 90_000, async () => {
      await workbench().menu('Connections', name, 'Delete Folder…');
      return workbench()
        .rowSaying('Workflows', new RegExp(`^Delete ${name}`), 20_000)
        .catch(() => false);
    });
    const page = await panel();
    await page.locator('.plan-facts strong', { hasText: sentence }).waitFor({ timeout: 60_000 });
    return page;
  }

  return { panel, pressButton, planFolder };
}
