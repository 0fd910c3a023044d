import { ThemeIcon } from 'vscode';
import type { Stores } from '../../app/ports/stores.ts';
import { StorageRow, type StorageSection } from './storageNodes.ts';

/** The local store in the view "Incidents & Storage": how it is, and what can be done with it. */
export function localStoreSection(stores: Stores): StorageSection {
  return {
    id: 'storage',
    title: 'Storage',
    summary: () => Promise.resolve(stores.health().kind === 'ready' ? '' : 'not being saved'),
    rows: () =>
      Promise.resolve([
        new StorageRow({
          id: 'storage/verify',
          label: 'Verify local store',
          icon: new ThemeIcon('verified'),
          command: { id: 'cachify.retention.verify', title: 'Verify Local Store' },
        }),
        new StorageRow({
          id: 'storage/export',
          label: 'Export as SQLite…',
          icon: new ThemeIcon('export'),
          command: { id: 'cachify.retention.exportDatabase', title: 'Export Local Store as SQLite…' },
        }),
      ]),
    onDidChange: (listener) => stores.onDidChangeHealth(() => listener()),
  };
}
