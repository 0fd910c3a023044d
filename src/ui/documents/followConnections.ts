import type { Disposable } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { KeyFileSystem } from './keyFileSystem.ts';

/**
 * Reads a connection's open documents again when it became ready, was locked or unlocked. Nothing else is asked of a
 * connection because of a document: an open tab never connects by itself.
 */
export function refreshWithConnections(files: KeyFileSystem, connections: ConnectionService): Disposable {
  const seen = new Map<string, string>();
  return connections.onDidChange(() => {
    for (const { summary } of connections.views()) {
      const now = summary.state === 'ready' ? `ready ${summary.readOnly}` : 'away';
      const before = seen.get(summary.uid);
      seen.set(summary.uid, now);
      if (now === before || now === 'away') continue;
      void files.refresh(({ connectionUid }) => connectionUid === summary.uid);
    }
  });
}
