import { StatusBarAlignment, ThemeColor, window, type Disposable, type StatusBarItem } from 'vscode';
import type { StoreHealth, Stores } from '../app/ports/stores.ts';
import { storeHealthMessage } from './storeMessages.ts';

/**
 * Shows in the status bar that the store cannot be written, as long as it is so, and says it in a message once: in the
 * window that is looked at, since all windows of a person share the store.
 */
export class StoreStatus {
  private readonly item: StatusBarItem;
  private readonly stores: Pick<Stores, 'health' | 'onDidChangeHealth'>;
  private said: string | null = null;

  constructor(stores: Pick<Stores, 'health' | 'onDidChangeHealth'>) {
    this.stores = stores;
    this.item = window.createStatusBarItem('cachify.store', StatusBarAlignment.Left);
    this.item.name = 'Cachify store';
    this.item.backgroundColor = new ThemeColor('statusBarItem.warningBackground');
  }

  register(): Disposable {
    const health = this.stores.onDidChangeHealth(() => this.show());
    const focus = window.onDidChangeWindowState(({ focused }) => {
      if (focused) this.say();
    });
    return {
      dispose: () => {
        health.dispose();
        focus.dispose();
        this.item.dispose();
      },
    };
  }

  private show(): void {
    const health = this.stores.health();
    const message = storeHealthMessage(health);
    if (message === null) {
      this.said = null;
      this.item.hide();
      return;
    }
    this.item.text = `$(warning) ${label(health)}`;
    this.item.tooltip = message;
    this.item.accessibilityInformation = { label: message };
    this.item.show();
    if (window.state.focused) this.say();
  }

  private say(): void {
    const message = storeHealthMessage(this.stores.health());
    if (message === null || message === this.said) return;
    this.said = message;
    void window.showWarningMessage(message);
  }
}

function label({ kind }: StoreHealth): string {
  if (kind === 'readOnly') return 'Cachify: not saving';
  return kind === 'unavailable' ? 'Cachify: no store' : 'Cachify: store grows';
}
