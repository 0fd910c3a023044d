import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../root.ts';
import { ensureTool, runNpm } from '../toolCache.ts';

export interface Host {
  /** Node of the version that VS Code runs on. */
  readonly node: string;
  /** Entry of the VS Code server. */
  readonly server: string;
}

const NODE_MAJOR = 24;

function findNode(folder: string): string {
  const packaged = [
    join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
    join(folder, 'node_modules', `node-win-${process.arch}`, 'bin', 'node.exe'),
  ].find((path) => existsSync(path));
  if (packaged) return packaged;
  if (process.env.CACHIFY_NODE24) return process.env.CACHIFY_NODE24;
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath;
  throw new Error(
    `VS Code's server needs Node ${NODE_MAJOR}, and npm has no package with it for ${process.platform}-${process.arch}. ` +
      `Run with Node ${NODE_MAJOR}, or set CACHIFY_NODE24 to the path of its binary.`,
  );
}

const SOURCE = join(projectRoot(), 'test/support/host');
const VSCODE = 'node_modules/code-server/lib/vscode';

async function finish(folder: string): Promise<void> {
  await runNpm(['install', '--omit=dev', '--ignore-scripts', '--no-save'], join(folder, VSCODE));
  await copyFile(join(SOURCE, 'quietLog.cjs'), join(folder, VSCODE, 'node_modules/@vscode/spdlog/index.js'));
}

/** The VS Code server, installed if need be (about 800 MB on disk, half a minute). */
export async function ensureHost(): Promise<Host> {
  const folder = await ensureTool('host', SOURCE, { finish, files: ['quietLog.cjs'] });
  return { node: findNode(folder), server: join(folder, VSCODE, 'out/server-main.js') };
}
