import { commands, type Disposable } from 'vscode';
import type { ConnectionService } from '../app/connections/connectionService.ts';
import type { Trust } from '../app/ports/environment.ts';
import type { ContextKey } from './contributions.ts';

export function setContextKey(key: ContextKey, value: boolean): void {
  void commands.executeCommand('setContext', key, value);
}

/** Keeps the `when` clauses of views and commands true: trust, and whether there is any connection. */
export function followContext(service: ConnectionService, trust: Trust): Disposable {
  const follow = (): void => {
    setContextKey('cachify.trusted', trust.isTrusted());
    setContextKey('cachify.hasConnections', service.views().length > 0);
  };
  follow();
  return service.onDidChange(follow);
}
