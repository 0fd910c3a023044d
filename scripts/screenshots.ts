// `npm run screenshots`: the pictures of the README and the docs, taken of the demo shop. A row in `pictures` is a picture.
import { join } from 'node:path';
import { storeFolderOf } from '../test/support/host/userData.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../test/support/host/workbench.ts';
import type { ThemeName } from '../test/support/host/vscodeHost.ts';
import { endWithNpm, ownFolder } from '../test/support/processes.ts';
import { projectRoot } from '../test/support/root.ts';
import { seedHistory } from './demo/history.ts';
import { startDemoServers, type DemoServer } from './demo/servers.ts';
import { demoConnections, makeWorkspace } from './demo/workspace.ts';
import { pictures, type Picture } from './demo/pictures.ts';

const SIZE = { width: 1280, height: 800 };

async function take(workbench: Workbench, picture: Picture, theme: ThemeName): Promise<void> {
  const suffix = theme === 'dark' ? '' : `-${theme}`;
  await workbench.page.setViewportSize(picture.size ?? SIZE);
  await workbench.setTheme(theme);
  await picture.steps(workbench);
  const path = join(projectRoot(), 'docs/images', `${picture.name}${suffix}.png`);
  await workbench.screenshot(path);
  console.log(path);
}

/** A window whose store remembers three hours, with the same connections as settings of the user. */
async function withPast(servers: readonly DemoServer[]): Promise<WorkbenchOptions> {
  const dataFolder = ownFolder('cachify-pictures-');
  await seedHistory(storeFolderOf(dataFolder), servers);
  return { dataFolder, settings: { 'cachify.connections': demoConnections(servers) } };
}

async function main(): Promise<number> {
  const filters = process.argv.slice(2);
  const chosen = pictures.filter(({ name }) => filters.length === 0 || filters.some((part) => name.includes(part)));
  const servers = await startDemoServers();
  const folder = await makeWorkspace(demoConnections(servers), true);
  let failures = 0;
  for (const picture of chosen) {
    // A window of its own for each, so that a picture does not depend on the one before it.
    const workbench = await openWorkbench(picture.past === true ? await withPast(servers) : { folder });
    for (const theme of picture.themes) {
      await take(workbench, picture, theme).catch(async (error: unknown) => {
        failures += 1;
        console.error(`${picture.name} (${theme}) could not be taken:`, error);
        await workbench.screenshot(`picture-${picture.name}-${theme}`);
      });
    }
    await workbench.close();
  }
  for (const server of servers) await server.stop();
  return failures === 0 && chosen.length > 0 ? 0 : 1;
}

endWithNpm();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
