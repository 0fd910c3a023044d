import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionDraft } from '../../src/domain/connections/definition.ts';
import { ownFolder } from '../../test/support/processes.ts';
import type { DemoServer } from './servers.ts';

/** Variable of the extension host's environment that holds the password of `REDIS_URL`. */
export const SECRET_VARIABLE = 'CACHIFY_START_PASSWORD';

const tour = `# Cachify Studio: a tour

Open **Cachify** in the Activity Bar (the stack with the lock), and expand a connection.

1. **Shop dev** → \`cart\` → open a cart, change a price, save. Look into the Timeline of the Observability panel.
2. **Shop prod** is read-only. Try to delete a key, then unlock it with a reason.
3. \`session\`: some never expire. \`report:catalogue:export\` is 5 MB. One key's name is not text at all.

Customers are shopping meanwhile: a few dozen commands a second, now and then a slow one and an error.
Everything here is temporary and ends with Ctrl+C in the terminal.
`;

export function demoConnections(servers: readonly DemoServer[]): ConnectionDraft[] {
  return servers.map(({ id, name, environment, port }) => ({
    id,
    name,
    host: '127.0.0.1',
    port,
    environment,
    tags: ['shop'],
    ...(environment === 'staging' ? { readOnly: false } : {}),
  }));
}

/**
 * The person's own Redis as a connection. The password leaves the address: it never stands in a settings file.
 *
 * @throws Error when the address cannot be read.
 */
export function ownConnection(address: string): { readonly connection: ConnectionDraft; readonly password: string } {
  const url = new URL(address);
  const password = decodeURIComponent(url.password);
  url.password = '';
  const connection: ConnectionDraft = {
    id: 'my-redis',
    name: url.host,
    url: url.toString(),
    ...(password ? { secret: { env: SECRET_VARIABLE } } : {}),
  };
  return { connection, password };
}

/** A temporary folder to open, whose settings hold the connections. */
export async function makeWorkspace(connections: readonly ConnectionDraft[], withTour: boolean): Promise<string> {
  const folder = join(ownFolder('cachify-demo-'), withTour ? 'web-shop' : 'redis');
  await mkdir(join(folder, '.vscode'), { recursive: true });
  // A visitor should not wait for the first points of a chart.
  const settings = { 'cachify.connections': connections, 'cachify.observability.sampleSeconds': 5 };
  await writeFile(join(folder, '.vscode/settings.json'), `${JSON.stringify(settings, undefined, 2)}\n`);
  if (withTour) await writeFile(join(folder, 'README.md'), tour);
  return folder;
}
