import { commands, env, Uri, window, workspace } from 'vscode';
import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import { destination } from '../../domain/connections/fingerprint.ts';
import { display } from '../../domain/display.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import { addressOf } from '../../domain/keys/uri.ts';
import { addConnection, manageTrust, testing } from '../connections/addWizard.ts';
import { editConnection } from '../connections/editMenu.ts';
import { connectionLabel, withoutIcons } from '../connections/labels.ts';
import { unlockAsPerson } from '../connections/unlock.ts';
import { fileSystemScheme } from '../contributions.ts';
import { askChoice, askText } from '../quickInput.ts';
import type { InteractiveCommands } from './register.ts';

type ConnectionCommands = Pick<
  InteractiveCommands,
  Extract<keyof InteractiveCommands, `cachify.connections.${string}`>
>;

/** What commands about connections do when a person calls them. */
export function connectionCommands(service: ConnectionService): ConnectionCommands {
  const chosen = (item: unknown, wanted: Wanted) => chooseConnection(service, item, wanted);
  return {
    'cachify.connections.add': async () => {
      const added = await addConnection(service);
      if (added && workspace.isTrusted) await connectAsPerson(service, service.view(added.uid));
      return added;
    },
    'cachify.connections.update': async (item) => {
      const view = await chosen(item, { title: 'Edit which connection?' });
      if (view) await editAsPerson(service, view);
    },
    'cachify.connections.remove': async (item) => {
      const view = await chosen(item, { title: 'Remove which connection?' });
      if (view && (await confirmsRemoval(view))) await service.remove(view.summary.uid);
    },
    'cachify.connections.test': async (item) => {
      const view = await chosen(item, { title: 'Test which connection?' });
      if (!view) return;
      const outcome = await testing(display(view.summary.name), () => service.test({ id: view.summary.uid }));
      if ('failure' in outcome) throw outcome.failure;
    },
    'cachify.connections.connect': async (item) => {
      const idle = (view: ConnectionView) =>
        view.entry.usable && (view.state.kind === 'disconnected' || view.state.kind === 'failed');
      const view = await chosen(item, { title: 'Connect to which server?', only: idle });
      if (view) await connectAsPerson(service, view);
    },
    'cachify.connections.disconnect': async (item) => {
      const busy = (view: ConnectionView) => view.state.kind !== 'disconnected' && view.state.kind !== 'failed';
      const view = await chosen(item, { title: 'Disconnect from which server?', only: busy });
      if (view) await service.disconnect(view.summary.uid);
    },
    'cachify.connections.unlock': async (item) => {
      const locked = (view: ConnectionView) => view.entry.usable && view.entry.definition.readOnly;
      const view = await chosen(item, { title: 'Unlock which connection?', only: locked });
      if (view) await unlockAsPerson(service, view);
    },
    'cachify.connections.lock': async (item) => {
      const view = await chosen(item, { title: 'Lock which connection?', only: (each) => each.unlock !== undefined });
      if (view) await service.lock(view.summary.uid);
    },
    'cachify.connections.approve': async (item) => {
      const held = (view: ConnectionView) => view.entry.usable && view.entry.concerns.length > 0;
      const view = await chosen(item, { title: 'Review which connection?', only: held });
      if (view) await reviewAsPerson(service, view);
    },
    'cachify.connections.pick': () => pickActive(service),
    'cachify.connections.refresh': () => service.refresh(),
    'cachify.connections.openSettings': async (item) => openSettings(viewOf(service, item)),
    'cachify.connections.copyEntry': async (item) => {
      const view = await chosen(item, { title: 'Copy the settings of which connection?' });
      if (view?.entry.usable) await env.clipboard.writeText(JSON.stringify(view.entry.draft, null, 2));
    },
  };
}

interface Wanted {
  readonly title: string;
  readonly only?: (view: ConnectionView) => boolean;
}

/** Tree items and documents say which connection they belong to. */
export function viewOf(service: ConnectionService, item: unknown): ConnectionView | undefined {
  if (item instanceof Uri) {
    const address = item.scheme === fileSystemScheme ? addressOf(item) : null;
    return address === null ? undefined : service.view(address.connectionUid);
  }
  const uid: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'connectionUid') : undefined;
  return typeof uid === 'string' ? service.view(uid) : undefined;
}

/** The connection of the item, or the one that the person picks: also of one, so that it is seen which. */
export async function chooseConnection(
  service: ConnectionService,
  item: unknown,
  wanted: Wanted,
): Promise<ConnectionView | undefined> {
  const given = viewOf(service, item);
  if (given) return given;
  const all = service.views();
  const fitting = all.filter(wanted.only ?? (() => true));
  if (all.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no connection yet.', {
      nextAction: 'Add one with "Cachify: Add Connection…".',
    });
  }
  if (fitting.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no connection in a state that this command is for.');
  }
  const active = service.current()?.summary.uid;
  const uid = await askChoice({
    title: wanted.title,
    placeholder: 'Choose a connection',
    choices: fitting.map((view) => {
      const { label, description, icon } = connectionLabel(view);
      return {
        label: `$(${icon}) ${withoutIcons(label)}`,
        description: withoutIcons(description),
        value: view.summary.uid,
      };
    }),
    ...(active === undefined ? {} : { active }),
  });
  return typeof uid === 'string' ? service.view(uid) : undefined;
}

/** Connects; a failure offers the one thing that helps. */
export async function connectAsPerson(service: ConnectionService, view: ConnectionView): Promise<void> {
  const { uid } = view.summary;
  try {
    await service.connect(uid);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'CANCELLED') return;
    const remedy = remedyFor(service, view, failure);
    const text = failure.nextAction === undefined ? failure.message : `${failure.message} ${failure.nextAction}`;
    const answer = await window.showErrorMessage(text, remedy.label);
    if (answer === remedy.label) await remedy.run();
  }
}

interface Remedy {
  readonly label: string;
  readonly run: () => Promise<unknown>;
}

function remedyFor(service: ConnectionService, view: ConnectionView, failure: Failure): Remedy {
  const { uid } = view.summary;
  const reason = failure.details?.['reason'];
  if (reason === 'untrusted') return { label: 'Manage Workspace Trust', run: manageTrust };
  if (reason === 'approval') return { label: 'Review…', run: () => reviewAsPerson(service, view) };
  const stored = view.entry.usable && view.entry.definition.secret === 'stored';
  if (failure.code === 'UNAUTHORIZED' && stored) {
    return { label: 'Enter Password…', run: () => enterPassword(service, view) };
  }
  if (failure.code === 'VALIDATION_ERROR') return { label: 'Open Settings', run: () => openSettings(view) };
  return { label: 'Edit Connection…', run: () => editAsPerson(service, service.view(uid)) };
}

async function editAsPerson(service: ConnectionService, view: ConnectionView): Promise<void> {
  if ((await editConnection(service, view)) === 'openSettings') await openSettings(view);
}

async function enterPassword(service: ConnectionService, view: ConnectionView): Promise<void> {
  if (!view.entry.usable) return;
  const password = await askText({
    title: `${display(view.summary.name)}: password`,
    prompt: `For ${display(destination(view.entry.definition))}. It goes to the secret storage.`,
    password: true,
  });
  if (typeof password !== 'string' || password === '') return;
  await service.update(view.summary.uid, {}, { secret: { password } });
  await connectAsPerson(service, service.view(view.summary.uid));
}

async function confirmsRemoval(view: ConnectionView): Promise<boolean> {
  const name = display(view.summary.name);
  const remove = 'Remove connection';
  const answer = await window.showWarningMessage(
    `Remove ${name}?`,
    {
      modal: true,
      detail:
        'The definition leaves the settings and its password leaves the secret storage. Nothing on the server changes; the history stays.',
    },
    remove,
  );
  return answer === remove;
}

async function reviewAsPerson(service: ConnectionService, view: ConnectionView): Promise<void> {
  const { entry, summary } = service.view(view.summary.uid);
  if (!entry.usable || entry.concerns.length === 0) return;
  const allow = 'Allow on This Machine';
  const open = 'Open Settings';
  const answer = await window.showWarningMessage(
    `${display(summary.name)} comes from shared settings and wants more than they may decide alone.`,
    {
      modal: true,
      detail: [
        ...entry.concerns.map((concern) => `• It ${concern.asks}.`),
        '',
        `It leads to ${display(destination(entry.written))}.`,
        'Until you allow it, the stricter values are used. The permission ends when the entry changes.',
      ].join('\n'),
    },
    allow,
    open,
  );
  if (answer === allow) await service.approve(summary.uid);
  if (answer === open) await openSettings(view);
}

/** The status bar's menu: switch the active connection, and what can be done with it. */
async function pickActive(service: ConnectionService): Promise<void> {
  const view = await chooseConnection(service, undefined, { title: 'Choose the active connection' });
  if (!view) return;
  service.choose(view.summary.uid);
  if (view.state.kind === 'disconnected' || view.state.kind === 'failed') await connectAsPerson(service, view);
}

/** Opens the settings file that the entry stands in, at the setting; without one, the user's. */
async function openSettings(view: ConnectionView | undefined): Promise<void> {
  const revealSetting = { key: 'cachify.connections', edit: false };
  const scope = view?.summary.scope ?? 'user';
  if (scope === 'folder' && view) {
    const file = Uri.joinPath(Uri.parse(view.entry.scopeRoot), '.vscode', 'settings.json');
    await window.showTextDocument(file);
    return;
  }
  const command =
    scope === 'workspace' ? 'workbench.action.openWorkspaceSettingsFile' : 'workbench.action.openSettingsJson';
  await commands.executeCommand(command, { revealSetting });
}
