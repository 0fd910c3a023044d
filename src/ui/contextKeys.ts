import { commands, type Disposable } from 'vscode';
import type { ConnectionService } from '../app/connections/connectionService.ts';
import type { ContextKey } from './contributions.ts';

export function setContextKey(key: ContextKey, value: boolean): void {
  void commands.executeCommand('setContext', key, value);
}

/** Keeps the `when` clauses true: before settings were read, no view claims that there is no connection. */
export function followContext(service: ConnectionService): Disposable {
  const follow = (): void => {
    setContextKey('cachify.hasConnections', service.views().length > 0);
    setContextKey('cachify.ready', true);
  };
  follow();
  return service.onDidChange(follow);
}
