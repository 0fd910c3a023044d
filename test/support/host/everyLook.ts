import type { Workbench } from './workbench.ts';

/**
 * Takes pictures of what is open, for people to look at: `NAME-THEME` in each theme and `NAME-narrow`. The window is dark and
 * as wide as usual afterwards.
 */
export async function pictureEveryLook(workbench: Workbench, name: string): Promise<void> {
  for (const theme of ['light', 'contrast', 'contrastLight', 'dark'] as const) {
    await workbench.setTheme(theme);
    await workbench.screenshot(`${name}-${theme}`);
  }
  await workbench.page.setViewportSize({ width: 800, height: 900 });
  await workbench.screenshot(`${name}-narrow`);
  await workbench.page.setViewportSize({ width: 1280, height: 800 });
}
