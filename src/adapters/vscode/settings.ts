import { ConfigurationTarget, Disposable, Uri, workspace } from 'vscode';
import type { BooleanSetting, ConfiguredConnection, NumberSetting, Settings } from '../../app/ports/environment.ts';
import type { ConfiguredPacks } from '../../app/ports/governance.ts';
import type { ConnectionDraft, ConnectionScope } from '../../domain/connections/definition.ts';
import { Failure } from '../../domain/failure.ts';
import { settingBounds } from './settingBounds.ts';
import { editSettingsFile, type SettingsFile } from './settingsFile.ts';
import type { EntryChange } from './settingsText.ts';

const SECTION = 'cachify';
const LIST = 'connections';
const PACKS = 'policyPacks';
/** A setting of the window's that is written as it is, see `readAgain`. */
const UNCHANGED = 'reconnectOnStartup';

interface At {
  readonly scope: ConnectionScope;
  readonly scopeRoot: string;
}

/** The settings `cachify.*` of this window, read and written in the scope that each entry stands in. */
export class VscodeSettings implements Settings, ConfiguredPacks {
  readonly #userFile: Uri;

  /** `userFile`: where the user's settings.json should be; it is only written when it proves to be that file. */
  constructor(userFile: Uri) {
    this.#userFile = userFile;
  }

  connections(): readonly ConfiguredConnection[] {
    return [
      ...entries(listAt({ scope: 'user', scopeRoot: '' }), { scope: 'user', scopeRoot: '' }),
      ...this.#workspaceEntries(),
      ...folderRoots().flatMap((scopeRoot) =>
        entries(listAt({ scope: 'folder', scopeRoot }), { scope: 'folder', scopeRoot }),
      ),
    ];
  }

  scopeRoot(scope: 'user' | 'workspace'): string | undefined {
    if (scope === 'user') return '';
    const { workspaceFile, workspaceFolders } = workspace;
    return (workspaceFile ?? workspaceFolders?.[0]?.uri)?.toString();
  }

  async saveConnection(draft: ConnectionDraft, at: At): Promise<void> {
    const list = entriesAt(at);
    const index = list.findIndex((entry) => idOf(entry) === draft.id);
    const next = index < 0 ? [...list, draft] : list.with(index, draft);
    await this.#write(at, list, next, { index: index < 0 ? list.length : index, entry: draft });
  }

  async removeConnection(id: string, at: At): Promise<void> {
    const list = entriesAt(at);
    const index = list.findIndex((entry) => idOf(entry) === id);
    if (index >= 0) await this.#write(at, list, list.toSpliced(index, 1), { index, entry: undefined });
  }

  policyPacks(): readonly unknown[] {
    const found = workspace.getConfiguration(SECTION).inspect<unknown>(PACKS);
    const ofFolders = folderRoots().map(
      (root) => workspace.getConfiguration(SECTION, Uri.parse(root)).inspect<unknown>(PACKS)?.workspaceFolderValue,
    );
    // A setting that is no list counts as one broken entry: it holds, and says that it cannot be read.
    return [found?.globalValue, found?.workspaceValue, ...ofFolders].flatMap((value) =>
      value === undefined ? [] : Array.isArray(value) ? (value as readonly unknown[]) : [null],
    );
  }

  alertRules(): ReturnType<Settings['alertRules']> {
    const at = (resource?: Uri) => workspace.getConfiguration(SECTION, resource).inspect<unknown>('alertRules');
    const root = this.scopeRoot('workspace');
    return [
      { root: '', scope: 'user', entries: at()?.globalValue },
      ...(root === undefined ? [] : [{ root, scope: 'workspace' as const, entries: at()?.workspaceValue }]),
      ...folderRoots().map((folder) => ({
        root: folder,
        scope: 'folder' as const,
        entries: at(Uri.parse(folder))?.workspaceFolderValue,
      })),
    ];
  }

  number(name: NumberSetting): number {
    const { value, fallback, minimum, maximum } = numberSetting(name);
    return typeof value === 'number' && value >= minimum && value <= maximum ? value : fallback;
  }

  boolean(name: BooleanSetting): boolean {
    return workspace.getConfiguration(SECTION).get<unknown>(name) === true;
  }

  onDidChange(listener: () => void): Disposable {
    return Disposable.from(
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SECTION)) listener();
      }),
      // The settings of a folder may be known before the folder is.
      workspace.onDidChangeWorkspaceFolders(listener),
    );
  }

  #workspaceEntries(): readonly ConfiguredConnection[] {
    const scopeRoot = this.scopeRoot('workspace');
    if (scopeRoot === undefined) return [];
    const at = { scope: 'workspace', scopeRoot } as const;
    return entries(listAt(at), at);
  }

  /** Changes one entry of the file's text where that is possible, so that comments stay; else the whole list. */
  async #write(at: At, before: readonly unknown[], next: readonly unknown[], change: EntryChange): Promise<void> {
    const file = this.#fileOf(at);
    const isRead = (): boolean => same(listAt(at) ?? [], next);
    const edited = file !== undefined && (await editSettingsFile(file, before, change));
    if (!edited) {
      await workspace.getConfiguration(SECTION, resourceOf(at)).update(LIST, next, targetOf(at));
    } else if (!(await becomes(isRead, 300))) {
      await readAgain(at);
    }
    if (!(await becomes(isRead, 5000))) throw notSeen();
  }

  #fileOf(at: At): SettingsFile | undefined {
    const path = [`${SECTION}.${LIST}`];
    if (at.scope === 'user') return { uri: this.#userFile, path };
    const { workspaceFile } = workspace;
    if (at.scope === 'workspace' && workspaceFile) {
      return workspaceFile.scheme === 'untitled' ? undefined : { uri: workspaceFile, path: ['settings', ...path] };
    }
    return { uri: Uri.joinPath(Uri.parse(at.scopeRoot), '.vscode', 'settings.json'), path };
  }
}

/** What stands in settings at one scope, as it is written there. */
function listAt(at: At): unknown {
  const found = workspace.getConfiguration(SECTION, resourceOf(at)).inspect<unknown>(LIST);
  if (at.scope === 'user') return found?.globalValue;
  return at.scope === 'workspace' ? found?.workspaceValue : found?.workspaceFolderValue;
}

function entriesAt(at: At): readonly unknown[] {
  const value = listAt(at);
  return Array.isArray(value) ? value : [];
}

function entries(value: unknown, at: At): ConfiguredConnection[] {
  if (value === undefined) return [];
  // A setting that is no list is shown as one broken entry: nothing that a person wrote may vanish.
  return Array.isArray(value) ? value.map((draft: unknown) => ({ ...at, draft })) : [{ ...at, draft: null }];
}

/** Folders that have settings of their own; in a window of one folder these are the workspace's. */
function folderRoots(): readonly string[] {
  return workspace.workspaceFile ? (workspace.workspaceFolders ?? []).map((folder) => folder.uri.toString()) : [];
}

function resourceOf(at: At): Uri | undefined {
  return at.scope === 'folder' ? Uri.parse(at.scopeRoot) : undefined;
}

const targets = {
  user: ConfigurationTarget.Global,
  workspace: ConfigurationTarget.Workspace,
  folder: ConfigurationTarget.WorkspaceFolder,
} as const;

function targetOf(at: At): ConfigurationTarget {
  return targets[at.scope];
}

function idOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined;
}

/** Equal as JSON; the order of fields is the file's business. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sortedFields) === JSON.stringify(b, sortedFields);
}

function sortedFields(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
}

interface NumberRule {
  readonly value: unknown;
  readonly fallback: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Default and bounds are the manifest's, so that they stand in one place. */
function numberSetting(name: NumberSetting): NumberRule {
  const found = workspace.getConfiguration(SECTION).inspect<unknown>(name);
  const value = workspace.getConfiguration(SECTION).get<unknown>(name);
  const fallback = typeof found?.defaultValue === 'number' ? found.defaultValue : 0;
  const { minimum, maximum } = settingBounds[name];
  return { value, fallback, minimum, maximum };
}

/** VS Code in a browser does not watch the user's settings: writing a value as it is makes it read them. */
async function readAgain(at: At): Promise<void> {
  const settings = workspace.getConfiguration(SECTION, resourceOf(at));
  const found = settings.inspect<unknown>(UNCHANGED);
  const value = at.scope === 'user' ? found?.globalValue : found?.workspaceValue;
  if (at.scope !== 'folder') await settings.update(UNCHANGED, value, targetOf(at));
}

/** Whether `done` comes true within `ms`; asked when settings change. */
function becomes(done: () => boolean, ms: number): Promise<boolean> {
  if (done()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (result: boolean): void => {
      subscription.dispose();
      clearTimeout(timer);
      resolve(result);
    };
    const subscription = workspace.onDidChangeConfiguration(() => {
      if (done()) finish(true);
    });
    const timer = setTimeout(() => finish(done()), ms);
  });
}

function notSeen(): Failure {
  return new Failure('INTERNAL_ERROR', 'settings.json was written, but VS Code did not take it over within 5 s.', {
    nextAction: 'Open the settings file and check the setting cachify.connections.',
  });
}
