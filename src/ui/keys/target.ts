import { Uri, window } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import { utf8, type Bytes } from '../../domain/bytes.ts';
import { display } from '../../domain/display.ts';
import { keyFromText } from '../../domain/keys/nameText.ts';
import { addressOf } from '../../domain/keys/uri.ts';
import { chooseConnection } from '../commands/connections.ts';
import { fileSystemScheme } from '../contributions.ts';
import { askText } from '../quickInput.ts';
import { KeyNode } from '../trees/nodes.ts';

/** The key that a command is about. */
export interface KeyTarget {
  readonly connectionUid: string;
  readonly key: Bytes;
}

/** The key of a tree item, a document, or the active editor; undefined when there is none. */
export function givenTarget(connections: ConnectionService, item: unknown): KeyTarget | undefined {
  if (item instanceof KeyNode) return { connectionUid: item.connectionUid, key: item.key };
  const uri = item instanceof Uri ? item : item === undefined ? window.activeTextEditor?.document.uri : undefined;
  const address = uri?.scheme === fileSystemScheme ? addressOf(uri) : null;
  if (address === null) return undefined;
  return { connectionUid: connections.view(address.connectionUid).summary.uid, key: address.key };
}

/** As `givenTarget`; asks for connection and name when neither says. */
export async function chosenTarget(
  connections: ConnectionService,
  item: unknown,
  title: string,
): Promise<KeyTarget | undefined> {
  const given = givenTarget(connections, item);
  if (given !== undefined) return given;
  const view = await chooseConnection(connections, item, { title, only: ({ entry }) => entry.usable });
  if (view === undefined) return undefined;
  const key = await askKeyName(`${title} ${display(view.summary.name)}`, utf8(''));
  return key === undefined ? undefined : { connectionUid: view.summary.uid, key };
}

/** Asks for the name of a key; undefined when dismissed. */
export async function askKeyName(title: string, current: Bytes, prompt = namePrompt): Promise<Bytes | undefined> {
  const value = current.length === 0 ? '' : display(current);
  const text = await askText({ title, prompt, placeholder: 'cart:1', value, validate: nameProblem });
  return typeof text === 'string' ? keyFromText(text) : undefined;
}

const namePrompt = 'The whole name. Bytes that are not text as \\xff, the empty name as (empty).';

/** All keys that a command on tree items is about: the selection when the item is in it. */
export function selectedKeys(item: unknown, selected: readonly unknown[] | undefined): readonly KeyNode[] {
  const nodes = (selected ?? []).filter((node): node is KeyNode => node instanceof KeyNode);
  return item instanceof KeyNode && nodes.includes(item) ? nodes : item instanceof KeyNode ? [item] : nodes;
}

/** Nothing typed is rather a slip than the empty key. */
export function nameProblem(text: string): string | undefined {
  return text === '' ? 'Type a name; the empty one is (empty).' : undefined;
}
