import { commands, Uri, window, workspace } from 'vscode';
import type { AlertService } from '../../app/alerts/alertService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import { draftOf } from '../../domain/alerts/exchange.ts';
import type { AlertRule } from '../../domain/alerts/rule.ts';
import { utf8 } from '../../domain/bytes.ts';
import { displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { formatCounted } from '../../domain/format.ts';
import { chartOf, episodeRange, type AlertPlace } from '../alerts/places.ts';
import { muteMinutes } from '../alerts/showAlerts.ts';
import type { CommandId } from '../contributions.ts';
import { viewIds } from '../contributions.ts';
import type { AlertRulePanel } from '../panels/alertRulePanel.ts';
import { askChoice, back } from '../quickInput.ts';
import { AlertEventNode, AlertStateNode, RuleNode } from '../trees/alertNodes.ts';
import type { AlertsTree } from '../trees/alertsTree.ts';
import { isPlainObject, type InteractiveCommands } from './register.ts';

type AlertCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.alerts.${string}`>>;

export interface AlertCommandParts {
  readonly service: AlertService;
  readonly panel: AlertRulePanel;
  readonly tree: AlertsTree;
  readonly clock: Clock;
}

/** What commands about alerts do when a person calls them. */
export function alertCommands(parts: AlertCommandParts): AlertCommands {
  const { service, panel, tree, clock } = parts;
  const go =
    (command: CommandId, marginMs: number, more: (place: AlertPlace) => object = () => ({})) =>
    async (item: unknown): Promise<void> => {
      const place = await placeOf(parts, item);
      if (place === undefined) return;
      const range = episodeRange(place, marginMs, clock.wallMs());
      const where = place.connectionId === undefined ? {} : { connectionIds: [place.connectionId] };
      await commands.executeCommand(command, { ...range, ...where, ...more(place) });
    };
  return {
    'cachify.alerts.newRule': () => panel.open(null),
    'cachify.alerts.openRule': async (item) => {
      const rule = await ruleOf(parts, item, 'Open which rule?');
      if (rule !== undefined) await panel.open(rule.id);
    },
    'cachify.alerts.duplicateRule': async (item) => {
      const rule = await ruleOf(parts, item, 'Duplicate which rule?');
      if (rule === undefined) return;
      const copy = await service.save({ ...(await service.rules.copyOf(rule.id)), enabled: false });
      await panel.open(copy.id);
    },
    'cachify.alerts.enableRule': (item) => setEnabled(parts, item, true),
    'cachify.alerts.disableRule': (item) => setEnabled(parts, item, false),
    'cachify.alerts.removeRule': async (item) => {
      const rule = await ruleOf(parts, item, 'Delete which rule?');
      if (rule === undefined) return;
      const act = 'Delete rule';
      const detail = 'Its state is forgotten. The alert history stays.';
      const message = `Delete the rule ${displayShort(rule.name)}?`;
      if ((await window.showWarningMessage(message, { modal: true, detail }, act)) === act)
        await service.remove(rule.id);
    },
    'cachify.alerts.snooze': (item) => snooze(parts, item),
    'cachify.alerts.muteRule': async (item) => {
      const rule = await ruleOf(parts, item, 'Mute which rule?');
      if (rule !== undefined) await service.snooze({ ruleId: rule.id, minutes: muteMinutes });
    },
    'cachify.alerts.unmuteRule': async (item) => {
      const rule = await ruleOf(parts, item, 'Unmute which rule?');
      if (rule !== undefined) await service.snooze({ ruleId: rule.id, minutes: 0 });
    },
    'cachify.alerts.openChart': go('cachify.observability.open', 30 * minute, ({ rule }) => chartOf(rule?.metric)),
    'cachify.alerts.openFailures': go('cachify.observability.openFailures', 5 * minute),
    'cachify.alerts.compareWithBefore': go('cachify.observability.openCompare', 0),
    'cachify.alerts.openBundle': go('cachify.incidents.open', 15 * minute),
    'cachify.alerts.markRead': async (item) => {
      if (item instanceof AlertEventNode) await service.markRead([item.event.id]);
      else await service.markRead('all');
    },
    'cachify.alerts.markAllRead': () => service.markRead('all'),
    'cachify.alerts.show': () => commands.executeCommand(`${viewIds.alerts}.focus`),
    'cachify.alerts.refresh': () => tree.refresh(),
    'cachify.alerts.openSettings': () => openSettings(),
    'cachify.alerts.evaluate': async () => {
      const states = await service.evaluate();
      const firing = states.filter(({ state }) => state === 'firing' || state === 'recovering').length;
      void window.setStatusBarMessage(`Judged now: ${formatCounted(firing, 'alert fires', 'alerts fire')}`, 5000);
      return states;
    },
    'cachify.alerts.exportRules': (item) => exportRules(service, item),
    'cachify.alerts.importRules': () => importRules(service),
  };
}

/** Where rules stand: in the user's settings when only these have some, or when there is no folder; else in those of the team. */
function openSettings(): Thenable<unknown> {
  const isOpen = workspace.workspaceFile !== undefined || (workspace.workspaceFolders?.length ?? 0) > 0;
  const found = workspace.getConfiguration('cachify').inspect('alertRules');
  const areShared = found?.workspaceValue !== undefined || found?.workspaceFolderValue !== undefined;
  const isOwn = found?.globalValue !== undefined && !areShared;
  const command = isOpen && !isOwn ? 'workbench.action.openWorkspaceSettingsFile' : 'workbench.action.openSettingsJson';
  return commands.executeCommand(command, { revealSetting: { key: 'cachify.alertRules', edit: true } });
}

const minute = 60_000;

async function setEnabled(parts: AlertCommandParts, item: unknown, enabled: boolean): Promise<void> {
  const title = enabled ? 'Turn on which rule?' : 'Turn off which rule?';
  const rule = await ruleOf(parts, item, title, (each) => each.enabled !== enabled);
  if (rule !== undefined) await parts.service.save({ ...draftOf(rule), id: rule.id, enabled });
}

async function ruleOf(
  { service }: AlertCommandParts,
  item: unknown,
  title: string,
  only: (rule: AlertRule) => boolean = () => true,
): Promise<AlertRule | undefined> {
  const id = idOf(item);
  if (id !== undefined) return service.rules.one(id);
  const rules = (await service.rules.rules()).filter(only);
  if (rules.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no rule that this command is for.', {
      nextAction: 'Create one with "Cachify: New Alert Rule".',
    });
  }
  const choices = rules.map((value) => ({
    label: displayShort(value.name),
    description: value.enabled ? 'on' : 'off',
    value,
  }));
  const chosen = await askChoice({ title, placeholder: 'Choose a rule', choices });
  return chosen === back ? undefined : chosen;
}

function idOf(item: unknown): string | undefined {
  if (item instanceof RuleNode || item instanceof AlertStateNode) return item.rule.id;
  if (item instanceof AlertEventNode) return item.event.ruleId;
  const id: unknown = isPlainObject(item) ? Reflect.get(item, 'id') : undefined;
  return typeof id === 'string' ? id : undefined;
}

async function placeOf({ service }: AlertCommandParts, item: unknown): Promise<AlertPlace | undefined> {
  if (item instanceof AlertStateNode) {
    const { state, rule } = item;
    return { connectionId: state.connectionId, fromMs: Date.parse(state.episodeFrom ?? state.since), toMs: null, rule };
  }
  if (item instanceof AlertEventNode) return eventPlace(service, item);
  const events = await service.events({ limit: 50 });
  if (events.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'The alert history is empty: there is no alert that this command is for.');
  }
  const chosen = await askChoice({
    title: 'Which alert?',
    placeholder: 'Choose an alert',
    choices: events.map((value) => ({ label: value.title, description: value.createdAt, value })),
  });
  return chosen === undefined || chosen === back ? undefined : eventPlace(service, new AlertEventNode(chosen));
}

async function eventPlace(service: AlertService, { event }: AlertEventNode): Promise<AlertPlace> {
  const rules = await service.rules.rules();
  return {
    connectionId: event.connectionId,
    fromMs: Date.parse(event.episodeFrom ?? event.createdAt),
    toMs: event.episodeTo === undefined ? null : Date.parse(event.episodeTo),
    rule: rules.find(({ id }) => id === event.ruleId),
  };
}

async function snooze(parts: AlertCommandParts, item: unknown): Promise<void> {
  const rule = await ruleOf(parts, item, 'Snooze which rule?');
  if (rule === undefined) return;
  const minutes = await askChoice<number>({
    title: `Snooze ${displayShort(rule.name)}`,
    placeholder: 'If it still fires then, it is shown again',
    choices: [
      { label: '30 minutes', value: 30 },
      { label: '1 hour', value: 60 },
      { label: '4 hours', value: 240 },
      { label: '1 day', value: 1440 },
      { label: 'Not any more', description: 'ends a snooze', value: 0 },
    ],
  });
  if (typeof minutes !== 'number') return;
  const connectionId = item instanceof AlertStateNode ? item.state.connectionId : undefined;
  await parts.service.snooze({ ruleId: rule.id, minutes, ...(connectionId === undefined ? {} : { connectionId }) });
}

const filters = { 'Alert rules': ['json'] };

async function exportRules(service: AlertService, item: unknown): Promise<void> {
  const json = await service.rules.toJson(item instanceof RuleNode ? [item.rule.id] : undefined);
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: 'Export alert rules',
    filters,
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, 'alert-rules.json') }),
  });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, utf8(json));
  void window.showInformationMessage(`Alert rules exported to ${target.path.split('/').at(-1) ?? ''}.`);
}

async function importRules(service: AlertService): Promise<void> {
  const [file] = (await window.showOpenDialog({ title: 'Import alert rules', filters })) ?? [];
  if (file === undefined) return;
  const rules = await service.import(new TextDecoder().decode(await workspace.fs.readFile(file)));
  void window.showInformationMessage(`Imported ${formatCounted(rules.length, 'alert rule')}.`);
}
