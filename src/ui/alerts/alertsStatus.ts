import { StatusBarAlignment, window, Disposable } from 'vscode';
import { formatCounted } from '../../domain/format.ts';
import type { CommandId } from '../contributions.ts';
import { firingStates, type AlertsModel } from './alertsModel.ts';

/** Stands in the status bar only while something fires. */
export function createAlertsStatus(model: AlertsModel): Disposable {
  const item = window.createStatusBarItem('cachify.alerts', StatusBarAlignment.Left, 9);
  item.name = 'Cachify: Alerts';
  item.command = 'cachify.alerts.show' satisfies CommandId;
  const watching = model.onDidChange((picture) => {
    const firing = firingStates(picture);
    if (firing.length === 0) {
      item.hide();
      return;
    }
    const byId = new Map(picture.rules.map((rule) => [rule.id, rule]));
    const names = firing.map(({ ruleId, connectionId }) => {
      const name = byId.get(ruleId)?.name ?? ruleId;
      return `${name} on ${picture.names.get(connectionId) ?? connectionId}`;
    });
    item.text = `$(flame) ${formatCounted(firing.length, 'alert')}`;
    item.tooltip = `${formatCounted(firing.length, 'alert fires', 'alerts fire')}:\n${names.join('\n')}`;
    item.accessibilityInformation = {
      label: formatCounted(firing.length, 'Redis alert fires', 'Redis alerts fire'),
    };
    item.show();
  });
  return Disposable.from(item, watching);
}
