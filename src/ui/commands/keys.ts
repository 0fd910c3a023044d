import { clearFilter, compareKeys, copyName, copyValue, filterKeys, openKey, refreshKeys } from '../keys/browseKeys.ts';
import { createKey, removeKeys, renameKey, setTtl } from '../keys/changeKeys.ts';
import type { KeyCommandParts } from '../keys/parts.ts';
import { compareWithPrevious, restoreValue } from '../keys/previousValues.ts';
import { runRaw } from '../keys/runRaw.ts';
import { MoreNode, ScanNode } from '../trees/nodes.ts';
import type { InteractiveCommands } from './register.ts';

type KeyCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.keys.${string}`>>;

/** What commands about keys do when a person calls them. */
export function keyCommands(parts: KeyCommandParts): KeyCommands {
  const { tree, browsers } = parts;
  return {
    'cachify.keys.open': (item) => openKey(parts, item),
    'cachify.keys.create': (item) => createKey(parts, item),
    'cachify.keys.remove': (item, selected) => removeKeys(parts, item, selected),
    'cachify.keys.rename': (item) => renameKey(parts, item),
    'cachify.keys.setTtl': (item) => setTtl(parts, item),
    'cachify.keys.command': (item) => runRaw(parts, item),
    'cachify.keys.restore': (item) => restoreValue(parts, item),
    'cachify.keys.filter': (item) => filterKeys(parts, item),
    'cachify.keys.clearFilter': (item) => clearFilter(parts, item),
    'cachify.keys.refresh': (item) => refreshKeys(parts, item),
    'cachify.keys.loadMore': (item) => {
      if (item instanceof MoreNode || item instanceof ScanNode) tree.loadMore(item);
    },
    'cachify.keys.stopScan': () => browsers.stopAll(),
    'cachify.keys.copyName': (item) => copyName(parts, item),
    'cachify.keys.copyValue': (item) => copyValue(parts, item),
    'cachify.keys.compare': (item, selected) => compareKeys(parts, item, selected),
    'cachify.keys.compareWithSnapshot': (item) => compareWithPrevious(parts, item),
  };
}
