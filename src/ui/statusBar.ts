import { StatusBarAlignment, ThemeColor, window, type Disposable } from 'vscode';
import type { ConnectionService } from '../app/connections/connectionService.ts';
import type { Clock } from '../app/ports/clock.ts';
import { statusText } from './connections/statusText.ts';

/** The one status bar item: the active connection, its environment, and whether writes are allowed, counting down. */
export function createStatusBar(service: ConnectionService, clock: Clock): Disposable {
  const item = window.createStatusBarItem('cachify.activeConnection', StatusBarAlignment.Left, 10);
  item.name = 'Cachify: Active Connection';
  item.command = 'cachify.connections.pick';
  let tick: Disposable | undefined;

  const show = (): void => {
    tick?.dispose();
    const view = service.current();
    const leftMs = view?.unlock === undefined ? 0 : view.unlock.untilWallMs - clock.wallMs();
    const text = statusText(view, leftMs);
    if (text === undefined) {
      item.hide();
      return;
    }
    item.text = text.text;
    item.tooltip = text.tooltip;
    item.accessibilityInformation = { label: text.spoken };
    item.backgroundColor = text.warns ? new ThemeColor('statusBarItem.warningBackground') : undefined;
    item.show();
    if (leftMs > 0) tick = clock.after(leftMs % 1000 || 1000, show);
  };

  const subscription = service.onDidChange(show);
  show();
  return {
    dispose() {
      tick?.dispose();
      subscription.dispose();
      item.dispose();
    },
  };
}
