import { commands, env, Uri, window } from 'vscode';
import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import type { KeyBrowsers } from '../../app/keys/keyBrowsers.ts';
import type { KeyService } from '../../app/keys/keyService.ts';
import type { KeysParts } from '../../app/keys/parts.ts';
import { absentVersion } from '../../app/keys/write.ts';
import { sameBytes, textOf, type Bytes } from '../../domain/bytes.ts';
import { display, displayShort } from '../../domain/display.ts';
import { Failure, isFailure } from '../../domain/failure.ts';
import { formatCounted, formatDuration } from '../../domain/format.ts';
import { documentOf } from '../../domain/keys/document.ts';
import { keyBytes } from '../../domain/keys/key.ts';
import { ttlFromText } from '../../domain/keys/ttlText.ts';
import type { SnapshotInfo } from '../../domain/keys/types.ts';
import { splitCommandLine } from '../../domain/redis/commandLine.ts';
import { documentUri, type KeyFileSystem } from '../documents/keyFileSystem.ts';
import type { ReplyDocuments } from '../documents/replyDocuments.ts';
import { confirms, ownerWords, withConfirmation } from '../keys/confirm.ts';
import { askNewKey } from '../keys/createKey.ts';
import { localTime, snapshotChoice } from '../keys/snapshotChoice.ts';
import { askKeyName, chosenTarget, givenTarget, selectedKeys, type KeyTarget } from '../keys/target.ts';
import { askChoice, askText } from '../quickInput.ts';
import type { ConnectionsTree } from '../trees/connectionsTree.ts';
import { FilterNode, FolderNode, KeyNode, MoreNode, ScanNode } from '../trees/nodes.ts';
import { chooseConnection } from './connections.ts';
import type { InteractiveCommands } from './register.ts';

type KeyCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.keys.${string}`>>;

export interface KeyCommandParts {
  readonly connections: ConnectionService;
  readonly keys: KeyService;
  readonly keysParts: KeysParts;
  readonly browsers: KeyBrowsers;
  readonly files: KeyFileSystem;
  readonly replies: ReplyDocuments;
  readonly tree: ConnectionsTree;
}

/** What commands about keys do when a person calls them. */
export function keyCommands(parts: KeyCommandParts): KeyCommands {
  const person = new KeyPerson(parts);
  return {
    'cachify.keys.open': (item) => person.open(item),
    'cachify.keys.create': (item) => person.create(item),
    'cachify.keys.remove': (item, selected) => person.remove(item, selected),
    'cachify.keys.rename': (item) => person.rename(item),
    'cachify.keys.setTtl': (item) => person.setTtl(item),
    'cachify.keys.command': (item) => person.command(item),
    'cachify.keys.restore': (item) => person.restore(item),
    'cachify.keys.filter': (item) => person.filter(item),
    'cachify.keys.clearFilter': (item) => person.clearFilter(item),
    'cachify.keys.refresh': (item) => person.refresh(item),
    'cachify.keys.loadMore': (item) => {
      if (item instanceof MoreNode || item instanceof ScanNode) parts.tree.loadMore(item);
    },
    'cachify.keys.stopScan': () => parts.browsers.stopAll(),
    'cachify.keys.copyName': (item) => person.copyName(item),
    'cachify.keys.copyValue': (item) => person.copyValue(item),
    'cachify.keys.compare': (item, selected) => person.compare(item, selected),
    'cachify.keys.compareWithSnapshot': (item) => person.compareWithSnapshot(item),
  };
}

class KeyPerson {
  readonly #parts: KeyCommandParts;

  constructor(parts: KeyCommandParts) {
    this.#parts = parts;
  }

  async open(item: unknown): Promise<void> {
    const { connections, keys } = this.#parts;
    const target =
      item instanceof KeyNode
        ? givenTarget(connections, item)
        : await chosenTarget(connections, isDocument(item) ? {} : (item ?? {}), 'Open key on');
    if (target === undefined) return;
    if ((await keys.reading({ connectionId: target.connectionUid, key: target.key, maxBytes: 1 })) === null) {
      throw new Failure('CONFLICT', `There is no key ${displayShort(target.key)} on ${this.#nameOf(target)}.`, {
        nextAction: 'Check the name, or create it with “Create Key…”.',
      });
    }
    await this.#show(target);
  }

  async create(item: unknown): Promise<void> {
    const { connections, keys, keysParts, browsers } = this.#parts;
    const asked = await askNewKey(connections, item, keysParts.clock.wallMs());
    if (asked === undefined) return;
    const { connectionUid, ...write } = asked;
    await keys.write({ ...write, connectionId: connectionUid, ifVersion: absentVersion });
    browsers.of(connectionUid).noteWritten(asked.key);
    await this.#show(asked);
  }

  async remove(item: unknown, selected: readonly unknown[] | undefined): Promise<void> {
    const { connections, keys } = this.#parts;
    const nodes = selectedKeys(item, selected);
    const single = nodes.length === 0 ? await chosenTarget(connections, item, 'Delete key on') : undefined;
    const targets: readonly KeyTarget[] = single === undefined ? nodes : [single];
    const undoable: (() => Promise<void>)[] = [];
    for (const [uid, group] of byConnection(targets)) {
      const view = connections.view(uid);
      const confirmed = await this.#confirmsRemoval(view, group);
      if (confirmed === undefined) break;
      const done = await withConfirmation(
        (confirm) => keys.remove({ connectionId: uid, keys: group, ...confirm }),
        confirmed,
      );
      if (done === undefined) break;
      this.#parts.browsers.of(uid).noteRemoved(group);
      await this.#refreshDocuments(uid);
      undoable.push(() => this.#offerUndo(uid, group, done));
    }
    await Promise.all(undoable.map((offer) => offer()));
  }

  async rename(item: unknown): Promise<void> {
    const { connections, keys, browsers } = this.#parts;
    const target = await chosenTarget(connections, item, 'Rename key on');
    if (target === undefined) return;
    const { connectionUid, key } = target;
    const to = await askKeyName(`Rename ${displayShort(key)}`, key);
    if (to === undefined || sameBytes(to, key)) return;
    const rename = (overwrite: boolean) =>
      withConfirmation(async (confirm) => {
        await keys.rename({ connectionId: connectionUid, key, to, overwrite, ...confirm });
        return true;
      });
    const done = await rename(false).catch(async (error: unknown) => {
      if (!isFailure(error, 'CONFLICT') || error.details?.['reason'] !== 'exists') throw error;
      return (await this.#agreesToReplace(to)) ? rename(true) : undefined;
    });
    if (done !== true) return;
    browsers.of(connectionUid).noteRemoved([key]);
    browsers.of(connectionUid).noteWritten(to);
    await this.#refreshDocuments(connectionUid);
  }

  async setTtl(item: unknown): Promise<void> {
    const { connections, keys, browsers } = this.#parts;
    const target = await chosenTarget(connections, item, 'Set the TTL of a key on');
    if (target === undefined) return;
    const { connectionUid, key } = target;
    const reading = await keys.reading({ connectionId: connectionUid, key, maxBytes: 1 });
    const now = reading === null || reading.ttlMs === null ? 'never' : formatDuration(reading.ttlMs);
    const text = await askText({
      title: `TTL of ${displayShort(key)} on ${this.#nameOf(target)}`,
      prompt: `It expires: ${now}. For example 90 (seconds), 30 min, 2 h, 7 d, or never.`,
      validate: (typed) => (ttlFromText(typed) === undefined ? 'Type a duration such as 30 min, or never.' : undefined),
    });
    const ttlMs = typeof text === 'string' ? ttlFromText(text) : undefined;
    if (ttlMs === undefined) return;
    await keys.setTtl({ connectionId: connectionUid, key, ttlMs });
    browsers.of(connectionUid).noteWritten(key);
    await this.#refreshDocuments(connectionUid);
  }

  async command(item: unknown): Promise<void> {
    const { connections, keys, replies } = this.#parts;
    const view = await chooseConnection(connections, item, { title: 'Run a command on which connection?' });
    if (view === undefined) return;
    const line = await askText({
      title: `Run a Redis command on ${ownerWords(view)}`,
      prompt: 'As in redis-cli; quotes and \\xNN work.',
      placeholder: 'HGET cart:1 total',
      validate: (text) => (splitCommandLine(text) === null ? 'A quote is not closed.' : undefined),
    });
    const args = typeof line === 'string' ? splitCommandLine(line) : null;
    if (args === null || args.length === 0) return;
    const connectionId = view.summary.uid;
    const reply = await withConfirmation(async (confirm) => ({
      value: await keys.command({ connectionId, args, ...confirm }),
    }));
    if (reply === undefined) return;
    await replies.show(`${display(view.summary.name)}: ${display(String(args[0]))}`, reply.value);
    await this.#refreshDocuments(connectionId);
  }

  async restore(item: unknown): Promise<void> {
    const { keys, browsers } = this.#parts;
    const found = await this.#chooseSnapshot(item, 'Restore which previous value?');
    if (found === undefined) return;
    const { snapshot, connectionUid } = found;
    const restore = (overwrite: boolean) =>
      withConfirmation(async (confirm) => {
        await keys.restore({ snapshotId: snapshot.id, overwrite, ...confirm });
        return true;
      });
    const done = await restore(false).catch(async (error: unknown) => {
      if (!isFailure(error, 'CONFLICT') || error.details?.['reason'] !== 'exists') throw error;
      return (await this.#agreesToReplace(keyBytes(snapshot.key))) ? restore(true) : undefined;
    });
    if (done !== true) return;
    browsers.of(connectionUid).noteWritten(keyBytes(snapshot.key));
    await this.#refreshDocuments(connectionUid);
    void window.showInformationMessage(
      `Restored ${displayShort(keyBytes(snapshot.key))} as it was at ${localTime(snapshot.takenAt)}.`,
    );
  }

  async filter(item: unknown): Promise<void> {
    const { connections, browsers } = this.#parts;
    const view = await chooseConnection(connections, item, { title: 'Filter the keys of which connection?' });
    if (view === undefined) return;
    const browser = browsers.of(view.summary.uid);
    const title = `Filter the keys of ${display(view.summary.name)}`;
    const text = await askText({
      title,
      prompt: 'A pattern as Redis knows it: * ? [abc]. Plain text finds it anywhere in a name.',
      placeholder: 'cart:*',
      value: browser.filter.pattern ?? '',
    });
    if (typeof text !== 'string') return;
    const type = await askChoice({
      title,
      placeholder: 'Type of key',
      choices: filterTypes.map((value) => ({ label: value === '' ? 'any type' : value, value })),
      active: browser.filter.type ?? '',
    });
    if (typeof type !== 'string') return;
    const pattern = /[*?[\]\\]/.test(text) || text === '' ? text : `*${text}*`;
    browser.restart({ ...(pattern === '' ? {} : { pattern }), ...(type === '' ? {} : { type }) });
  }

  async clearFilter(item: unknown): Promise<void> {
    const { connections, browsers } = this.#parts;
    const filtered = (view: ConnectionView) => {
      const { pattern, type } = browsers.of(view.summary.uid).filter;
      return pattern !== undefined || type !== undefined;
    };
    const wanted = { title: 'Clear the filter of which connection?', only: filtered };
    const view = await chooseConnection(connections, item, wanted);
    if (view !== undefined) browsers.of(view.summary.uid).restart({});
  }

  async refresh(item: unknown): Promise<void> {
    const { connections, browsers, files } = this.#parts;
    if (item === undefined) {
      for (const { summary, state } of connections.views()) {
        if (state.kind === 'ready' && browsers.of(summary.uid).state().kind !== 'idle')
          browsers.of(summary.uid).restart();
      }
      await files.refresh(() => true);
      return;
    }
    const target = givenTarget(connections, item);
    if (target !== undefined) {
      browsers.of(target.connectionUid).noteWritten(target.key);
      await this.#refreshDocuments(target.connectionUid);
      return;
    }
    const view = await chooseConnection(connections, item, { title: 'Refresh the keys of which connection?' });
    if (view === undefined) return;
    browsers.of(view.summary.uid).restart();
    await this.#refreshDocuments(view.summary.uid);
  }

  async copyName(item: unknown): Promise<void> {
    const { connections } = this.#parts;
    if (item instanceof FolderNode) return env.clipboard.writeText(`${display(item.prefix)}*`);
    if (item instanceof FilterNode) return;
    const target = await chosenTarget(connections, item, 'Copy the name of a key on');
    if (target !== undefined) await env.clipboard.writeText(textOf(target.key) ?? display(target.key));
  }

  async copyValue(item: unknown): Promise<void> {
    const { connections, keys } = this.#parts;
    const target = await chosenTarget(connections, item, 'Copy the value of a key on');
    if (target === undefined) return;
    const reading = await keys.reading({ connectionId: target.connectionUid, key: target.key });
    if (reading === null) throw new Failure('CONFLICT', `${displayShort(target.key)} does not exist any more.`);
    const { text, readOnly } = documentOf(reading);
    await env.clipboard.writeText(text);
    if (reading.truncated) void window.showWarningMessage(`Only a part was copied. ${readOnly ?? ''}`);
  }

  async compare(item: unknown, selected: readonly unknown[] | undefined): Promise<void> {
    const { connections } = this.#parts;
    const [first, second] = selectedKeys(item, selected);
    const left = first ?? (await chosenTarget(connections, item, 'Compare key on'));
    if (left === undefined) return;
    const right = second ?? (await chosenTarget(connections, {}, 'Compare with key on'));
    if (right === undefined) return;
    const title = `${displayShort(left.key, 60)} ↔ ${displayShort(right.key, 60)}`;
    await commands.executeCommand('vscode.diff', this.#uriOf(left), this.#uriOf(right), title);
  }

  async compareWithSnapshot(item: unknown): Promise<void> {
    const { connections } = this.#parts;
    const target = await chosenTarget(connections, item, 'Compare key on');
    if (target === undefined) return;
    const found = await this.#chooseSnapshot(target, 'Compare with which previous value?');
    if (found === undefined) return;
    const before = this.#uriOf(target, found.snapshot.id);
    const title = `${displayShort(target.key, 60)}: ${localTime(found.snapshot.takenAt)} ↔ now`;
    await commands.executeCommand('vscode.diff', before, this.#uriOf(target), title);
  }

  async #confirmsRemoval(view: ConnectionView, group: readonly Bytes[]): Promise<{ confirm?: string } | undefined> {
    const [first] = group;
    if (first === undefined) return undefined;
    const what = group.length === 1 ? displayShort(first) : `${group.length} keys`;
    const names =
      group.length === 1
        ? ''
        : `${group
            .slice(0, 5)
            .map((key) => displayShort(key, 60))
            .join(', ')}${group.length > 5 ? ', …' : ''}. `;
    const undo =
      view.entry.usable && view.entry.definition.undo
        ? 'The values are kept for undo.'
        : 'There is no undo on this connection.';
    return confirms(view, {
      message: `Delete ${what} on ${ownerWords(view)}?`,
      detail: `${names}${undo}`,
      button: group.length === 1 ? 'Delete key' : `Delete ${group.length} keys`,
    });
  }

  async #offerUndo(
    uid: string,
    group: readonly Bytes[],
    done: { readonly removed: number; readonly snapshotIds: readonly string[] },
  ): Promise<void> {
    const { keys, browsers } = this.#parts;
    const what =
      group.length === 1 && group[0] !== undefined ? displayShort(group[0]) : formatCounted(done.removed, 'key');
    const buttons = done.snapshotIds.length > 0 ? ['Undo'] : [];
    if ((await window.showInformationMessage(`Deleted ${what}.`, ...buttons)) !== 'Undo') return;
    for (const snapshotId of done.snapshotIds) await keys.restore({ snapshotId });
    for (const key of group) browsers.of(uid).noteWritten(key);
    await this.#refreshDocuments(uid);
  }

  async #agreesToReplace(key: Bytes): Promise<boolean> {
    const answer = await window.showWarningMessage(
      `There is a key ${displayShort(key)} now. Replace it?`,
      { modal: true, detail: 'Its value is kept for undo.' },
      'Replace key',
    );
    return answer === 'Replace key';
  }

  async #chooseSnapshot(
    item: unknown,
    title: string,
  ): Promise<{ readonly snapshot: SnapshotInfo; readonly connectionUid: string } | undefined> {
    const { connections, keys } = this.#parts;
    const target = isTarget(item) ? item : givenTarget(connections, item);
    const view =
      target === undefined
        ? await chooseConnection(connections, item, { title: `${title} Choose its connection` })
        : connections.view(target.connectionUid);
    if (view === undefined) return undefined;
    const connectionId = view.summary.uid;
    const found = await keys.snapshots({ connectionId, ...(target === undefined ? {} : { key: target.key }) });
    if (found.length === 0) {
      const of = target === undefined ? ownerWords(view) : displayShort(target.key);
      throw new Failure('VALIDATION_ERROR', `No previous value of ${of} is kept.`, {
        nextAction: 'Values are kept when Cachify overwrites, deletes or renames over a key.',
      });
    }
    const id = await askChoice({ title, placeholder: 'Newest first', choices: found.map(snapshotChoice) });
    const snapshot = found.find((each) => each.id === id);
    return snapshot === undefined ? undefined : { snapshot, connectionUid: connectionId };
  }

  async #show(target: KeyTarget): Promise<void> {
    await commands.executeCommand('vscode.open', this.#uriOf(target));
  }

  #uriOf({ connectionUid, key }: KeyTarget, snapshotId?: string): Uri {
    const { id, db } = this.#parts.keysParts.definitionOf(connectionUid);
    return documentUri({
      connectionUid,
      connectionId: id,
      db,
      key,
      ...(snapshotId === undefined ? {} : { snapshotId }),
    });
  }

  #nameOf({ connectionUid }: KeyTarget): string {
    return display(this.#parts.connections.view(connectionUid).summary.name);
  }

  async #refreshDocuments(uid: string): Promise<void> {
    await this.#parts.files.refresh(({ connectionUid }) => connectionUid === uid);
  }
}

const filterTypes = ['', 'string', 'hash', 'list', 'set', 'zset', 'stream'];

function isDocument(item: unknown): boolean {
  return item instanceof Uri;
}

function isTarget(item: unknown): item is KeyTarget {
  return typeof item === 'object' && item !== null && 'key' in item && 'connectionUid' in item;
}

function byConnection(targets: readonly KeyTarget[]): Map<string, Bytes[]> {
  const groups = new Map<string, Bytes[]>();
  for (const { connectionUid, key } of targets) {
    const group = groups.get(connectionUid);
    if (group === undefined) groups.set(connectionUid, [key]);
    else group.push(key);
  }
  return groups;
}
