import { commands, env, Uri, window } from 'vscode';
import type { ConnectionView } from '../../app/connections/connectionService.ts';
import { textOf, utf8 } from '../../domain/bytes.ts';
import { display, displayShort } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { documentOf } from '../../domain/keys/document.ts';
import { patternProblem } from '../../domain/redis/glob.ts';
import { chooseConnection } from '../commands/connections.ts';
import { askChoice, askText } from '../quickInput.ts';
import { FilterNode, FolderNode, KeyNode } from '../trees/nodes.ts';
import { ownerWords } from './confirm.ts';
import { ownerOf, refreshDocuments, uriOfTarget, type KeyCommandParts } from './parts.ts';
import { chosenTarget, givenTarget, selectedKeys, type KeyTarget } from './target.ts';

/** Opens the document of a tree item, or of the key whose name the person types. */
export async function openKey(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, keys } = parts;
  const target =
    item instanceof KeyNode
      ? givenTarget(connections, item)
      : await chosenTarget(connections, item instanceof Uri ? {} : (item ?? {}), 'Open key on');
  if (target === undefined) return;
  if ((await keys.reading({ connectionId: target.connectionUid, key: target.key, maxBytes: 1 })) === null) {
    const message = `There is no key ${displayShort(target.key)} on ${ownerOf(parts, target.connectionUid)}.`;
    throw new Failure('CONFLICT', message, { nextAction: 'Check the name, or create it with “Create Key…”.' });
  }
  await showKey(parts, target);
}

/** Shows a key's document. */
export async function showKey(parts: KeyCommandParts, target: KeyTarget): Promise<void> {
  await commands.executeCommand('vscode.open', uriOfTarget(parts, target));
}

/** Asks for a pattern and a type, and lists only what matches. */
export async function filterKeys({ connections, browsers }: KeyCommandParts, item: unknown): Promise<void> {
  const view = await chooseConnection(connections, item, { title: 'Filter the keys of which connection?' });
  if (view === undefined) return;
  const browser = browsers.of(view.summary.uid);
  const title = `Filter the keys of ${ownerWords(view)}`;
  const text = await askText({
    title,
    prompt: 'A pattern as Redis knows it: * ? [abc]. Plain text finds it anywhere in a name. Blank lists all.',
    placeholder: 'cart:*',
    value: browser.filter.pattern ?? '',
    validate: (typed) => patternProblem(utf8(patternOf(typed)))?.message,
  });
  if (typeof text !== 'string') return;
  const type = await askChoice({
    title,
    placeholder: 'Type of key',
    choices: filterTypes.map((value) => ({ label: value === '' ? 'any type' : value, value })),
    active: browser.filter.type ?? '',
  });
  if (typeof type !== 'string') return;
  const pattern = patternOf(text);
  browser.restart({ ...(pattern === '' ? {} : { pattern }), ...(type === '' ? {} : { type }) });
}

const filterTypes = ['', 'string', 'hash', 'list', 'set', 'zset', 'stream'];

function patternOf(typed: string): string {
  return /[*?[\]\\]/.test(typed) || typed === '' ? typed : `*${typed}*`;
}

/** Lists all keys again. */
export async function clearFilter({ connections, browsers }: KeyCommandParts, item: unknown): Promise<void> {
  const only = (view: ConnectionView) => browsers.isFiltered(view.summary.uid);
  const view = await chooseConnection(connections, item, { title: 'Clear the filter of which connection?', only });
  if (view !== undefined) browsers.of(view.summary.uid).restart({});
}

/** Reads anew: a key, the keys of a connection, or without an item everything that was listed. */
export async function refreshKeys(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, browsers, files } = parts;
  if (item === undefined) {
    for (const { summary, state } of connections.views()) {
      const browser = browsers.of(summary.uid);
      if (state.kind === 'ready' && browser.state().kind !== 'idle') browser.restart();
    }
    await files.refresh(() => true);
    return;
  }
  const target = givenTarget(connections, item);
  if (target !== undefined) {
    browsers.of(target.connectionUid).noteWritten(target.key);
    await refreshDocuments(parts, target.connectionUid);
    return;
  }
  const view = await chooseConnection(connections, item, { title: 'Refresh the keys of which connection?' });
  if (view === undefined) return;
  browsers.of(view.summary.uid).restart();
  await refreshDocuments(parts, view.summary.uid);
}

/** The name of a key, the pattern of a folder. */
export async function copyName({ connections }: KeyCommandParts, item: unknown): Promise<void> {
  if (item instanceof FolderNode) return env.clipboard.writeText(`${display(item.facts.prefix)}*`);
  if (item instanceof FilterNode) return;
  const target = await chosenTarget(connections, item, 'Copy the name of a key on');
  if (target !== undefined) await env.clipboard.writeText(textOf(target.key) ?? display(target.key));
}

/** The text of a key's document. */
export async function copyValue({ connections, keys }: KeyCommandParts, item: unknown): Promise<void> {
  const target = await chosenTarget(connections, item, 'Copy the value of a key on');
  if (target === undefined) return;
  const reading = await keys.reading({ connectionId: target.connectionUid, key: target.key });
  if (reading === null) throw new Failure('CONFLICT', `${displayShort(target.key)} does not exist any more.`);
  const { text, readOnly } = documentOf(reading);
  await env.clipboard.writeText(text);
  if (reading.truncated) void window.showWarningMessage(`Only a part was copied. ${readOnly ?? ''}`);
}

/** Two keys side by side: the two that are selected, or one and the one whose name the person types. */
export async function compareKeys(
  parts: KeyCommandParts,
  item: unknown,
  selected: readonly unknown[] | undefined,
): Promise<void> {
  const { connections } = parts;
  const [first, second] = selectedKeys(item, selected);
  const left = first ?? (await chosenTarget(connections, item, 'Compare key on'));
  if (left === undefined) return;
  const right = second ?? (await chosenTarget(connections, {}, 'Compare with key on'));
  if (right === undefined) return;
  const title = `${displayShort(left.key, 60)} ↔ ${displayShort(right.key, 60)} · ${ownersOf(parts, left, right)}`;
  await commands.executeCommand('vscode.diff', uriOfTarget(parts, left), uriOfTarget(parts, right), title);
}

function ownersOf(parts: KeyCommandParts, left: KeyTarget, right: KeyTarget): string {
  const [one, other] = [left, right].map(({ connectionUid }) => ownerOf(parts, connectionUid));
  return one === other || other === undefined ? `${one}` : `${one} ↔ ${other}`;
}
