import type { Frame, Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

const VIEW = 'Incidents & Storage';

/** What a person does with the local store in a workbench, for suites that each have one of their own. */
export function storageByHand(workbench: () => Workbench) {
  const panel = (): Promise<Frame> => workbench().webview('.datasets');

  /** A dataset of the panel, by its heading. */
  async function dataset(name: string): Promise<Locator> {
    const page = await panel();
    return page.locator('.dataset', { has: page.locator('h2', { hasText: name }) });
  }

  /** Opens the panel from the view's row of a dataset. */
  async function open(name: string): Promise<void> {
    await workbench().openContainer('Cachify');
    await workbench().openView(VIEW);
    await workbench().row(VIEW, name).waitFor({ timeout: 60_000 });
    await workbench().click(VIEW, name);
  }

  return { panel, dataset, open };
}
