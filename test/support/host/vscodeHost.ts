// A real VS Code server: the extension host of a test or of the demo.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownFolder, removeFolder, spawnOwned } from '../processes.ts';
import { projectRoot } from '../root.ts';
import { waitFor } from '../waiting.ts';
import { ensureHost } from './ensureHost.ts';
import { openFrontDoor } from './frontDoor.ts';

export interface VscodeHostOptions {
  /** Folder that is opened; default: an empty temporary one. */
  readonly folder?: string;
  /** File that is open in a new window. */
  readonly openFile?: string;
  /** Added to the user settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Workspace trust works as for people: a new folder opens in Restricted Mode. Default false: everything is trusted. */
  readonly restrictedMode?: boolean;
  /** Environment of the server and of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of the extension under development; default: this checkout. */
  readonly extension?: string;
  /** A .vsix that is installed instead of loading this checkout as the extension under development. */
  readonly vsix?: string;
  /** Where the state of the server lives; default: a temporary folder. Give one to keep state over two hosts. */
  readonly dataFolder?: string;
  readonly port?: number;
}

export interface VscodeHost {
  readonly folder: string;
  readonly port: number;
  readonly pid: number;
  /** Address of a workbench with a folder open (by default the host's) and the extension loaded. */
  url(testsPath?: string, folder?: string): string;
  /** Merges into the user settings; an open workbench takes them up at its next reload. */
  updateSettings(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Last output of the server, for messages. */
  output(): string;
  stop(): Promise<void>;
}

export type ThemeName = 'dark' | 'light' | 'contrast' | 'contrastLight';

/** The colour themes that views are judged in: VS Code's defaults and both high contrasts. */
export const themes: Readonly<Record<ThemeName, string>> = {
  dark: 'Dark 2026',
  light: 'Light 2026',
  contrast: 'Default High Contrast',
  contrastLight: 'Default High Contrast Light',
};

const START_LIMIT_MS = 60_000;

const quietSettings: Record<string, unknown> = {
  'workbench.startupEditor': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.enabled': false,
  'workbench.editor.useModal': 'off',
  'workbench.colorTheme': themes.dark,
  'window.autoDetectColorScheme': false,
  'window.autoDetectHighContrast': false,
};

function serverArguments(data: string, options: VscodeHostOptions): string[] {
  const args = ['--accept-server-license-terms', '--without-connection-token', '--host', '127.0.0.1', '--port', '0'];
  args.push('--server-data-dir', join(data, 'server'), '--user-data-dir', join(data, 'user'));
  args.push('--extensions-dir', join(data, 'extensions'), '--disable-telemetry', '--enable-smoke-test-driver');
  if (!options.restrictedMode) args.push('--disable-workspace-trust');
  return args;
}

/** Installs a .vsix into the host's extensions folder as a person's VS Code would. */
async function installVsix(node: string, server: string, data: string, vsix: string): Promise<void> {
  const args = [server, '--accept-server-license-terms', '--install-extension', vsix];
  args.push('--server-data-dir', join(data, 'server'), '--user-data-dir', join(data, 'user'));
  args.push('--extensions-dir', join(data, 'extensions'));
  const installer = await spawnOwned(node, args);
  const timer = setTimeout(() => void installer.stop(0), START_LIMIT_MS);
  const { code } = await installer.exited;
  clearTimeout(timer);
  if (code !== 0 || !/successfully installed/.test(installer.output())) {
    throw new Error(`${vsix} could not be installed:\n${installer.output()}`);
  }
}

async function readSettings(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, unknown>;
}

/** Starts VS Code and resolves when its workbench can be opened. */
export async function startVscodeHost(options: VscodeHostOptions = {}): Promise<VscodeHost> {
  const { node, server } = await ensureHost();
  const data = options.dataFolder ?? ownFolder('cachify-vscode-');
  const folder = options.folder ?? join(data, 'workspace');
  const settingsPath = join(data, 'user/User/settings.json');
  const updateSettings = async (settings: Readonly<Record<string, unknown>>): Promise<void> => {
    const merged = { ...(await readSettings(settingsPath)), ...settings };
    await writeFile(settingsPath, JSON.stringify(merged, undefined, 2));
  };
  await mkdir(folder, { recursive: true });
  await mkdir(join(data, 'user/User'), { recursive: true });
  await updateSettings({ ...quietSettings, ...options.settings });
  if (options.vsix) await installVsix(node, server, data, options.vsix);

  const vscode = await spawnOwned(node, [server, ...serverArguments(data, options)], {
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
  });
  let ended = false;
  void vscode.exited.then(() => (ended = true));
  const serverPort = await waitFor('the VS Code server to listen', START_LIMIT_MS, () => {
    if (ended) throw new Error('it ended');
    return Number(/host agent listening on (\d+)/.exec(vscode.output())?.[1]) || undefined;
  }).catch(async (error: unknown) => {
    await vscode.stop(0);
    throw new Error(`VS Code did not start:\n${vscode.output()}`, { cause: error });
  });
  const door = await openFrontDoor(serverPort, options.port);

  return {
    folder,
    port: door.port,
    pid: vscode.pid,
    url(testsPath, opened = folder) {
      const remote = `vscode-remote://127.0.0.1:${door.port}`;
      const payload = options.vsix
        ? []
        : [['extensionDevelopmentPath', `${remote}${options.extension ?? projectRoot()}`]];
      if (testsPath) payload.push(['extensionTestsPath', `${remote}${testsPath}`]);
      if (options.openFile) payload.push(['openFile', `${remote}${options.openFile}`]);
      const query = new URLSearchParams({ folder: opened, payload: JSON.stringify(payload) });
      return `http://127.0.0.1:${door.port}/?${query.toString()}`;
    },
    updateSettings,
    output: () => vscode.output(),
    async stop() {
      await door.close();
      await vscode.stop();
      if (options.dataFolder) return;
      // Extension hosts outlive their server by a moment, and write until they end.
      await waitFor('the data folder to be removed', 20_000, () => {
        removeFolder(data);
        return true;
      });
    },
  };
}
