// Draws media/icon.png, which a marketplace shows, from media/icon.svg: `npm run icon` after a change of the drawing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from '../test/support/host/chromium.ts';
import { projectRoot } from '../test/support/root.ts';

const SIDE = 256;

async function main(): Promise<void> {
  const media = join(projectRoot(), 'media');
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: SIDE, height: SIDE } });
  const drawing = readFileSync(join(media, 'icon.svg'), 'utf8');
  await page.setContent(`<style>body { margin: 0; background: transparent }</style>${drawing}`);
  await page.screenshot({ path: join(media, 'icon.png'), omitBackground: true });
  await browser.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
