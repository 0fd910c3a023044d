import {
  Disposable,
  EventEmitter,
  FileChangeType,
  FilePermission,
  FileSystemError,
  FileType,
  TextDocumentSaveReason,
  Uri,
  window,
  workspace,
  type FileChangeEvent,
  type FileStat,
  type FileSystemProvider,
} from 'vscode';
import type { KeyService } from '../../app/keys/keyService.ts';
import type { Reading } from '../../app/keys/read.ts';
import type { Clock } from '../../app/ports/clock.ts';
import { sameBytes, textOf, utf8, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionSummary } from '../../domain/connections/definition.ts';
import { display } from '../../domain/display.ts';
import { asFailure, Failure, isFailure } from '../../domain/failure.ts';
import { contentOf, valueOf } from '../../domain/keys/content.ts';
import { documentOf, type DocumentLanguage, type KeyDocument } from '../../domain/keys/document.ts';
import { contentOfText } from '../../domain/keys/documentText.ts';
import { placeOf, requireAddress, addressOf, type KeyAddress } from '../../domain/keys/uri.ts';
import { fileSystemScheme } from '../contributions.ts';
import { withConfirmation } from '../keys/confirm.ts';
import { isPolicyRefusal, showBlocked } from '../governance/blocked.ts';

export interface KeyFileSystemParts {
  readonly keys: KeyService;
  readonly clock: Clock;
  /** By uid. @throws Failure VALIDATION_ERROR when there is none */
  connection(uid: string): { readonly summary: ConnectionSummary; readonly db: number };
  /** Whether a connection is there and open now. */
  isReady(uid: string): boolean;
}

/** What is known of an open document. */
export interface OpenValue {
  readonly address: KeyAddress;
  readonly document: KeyDocument;
  /** Absent for a previous value. */
  readonly reading?: Reading;
  /** Why it cannot be saved now, as a sentence; null = it can. */
  readonly readOnly: string | null;
  /** Only the connection's lock keeps it from being saved. */
  readonly locked: boolean;
}

interface Entry {
  readonly value: OpenValue;
  readonly bytes: Bytes;
  readonly version: string;
  readonly mtime: number;
  readonly readAtMs: number;
}

/** VS Code asks for a file's stat and content in one breath: both come from one reading. */
const oneBreathMs = 300;

/** A tab older than this is read again when it gets the focus. */
const staleMs = 1000;

/**
 * The file system `cachify:`, in which a key is a document. Saving is compare-and-set against the version that the
 * editor was given; only a person's own save of a changed document writes.
 */
export class KeyFileSystem implements FileSystemProvider {
  readonly #parts: KeyFileSystemParts;
  /** By the whole URI: the path alone is only what people see. */
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<Entry>>();
  readonly #saveReasons = new Map<string, TextDocumentSaveReason>();
  readonly #changes = new EventEmitter<FileChangeEvent[]>();
  readonly #values = new EventEmitter<Uri>();
  readonly onDidChangeFile = this.#changes.event;
  /** A document was read or written: what is known of it may be another. */
  readonly onDidChangeValue = this.#values.event;

  constructor(parts: KeyFileSystemParts) {
    this.#parts = parts;
  }

  register(): Disposable {
    return Disposable.from(
      workspace.registerFileSystemProvider(fileSystemScheme, this, { isCaseSensitive: true }),
      workspace.onWillSaveTextDocument(({ document, reason }) => {
        if (document.uri.scheme === fileSystemScheme) this.#expectSave(document.uri.toString(), reason);
      }),
      workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === fileSystemScheme && !isOpen(uri)) this.#entries.delete(uri.toString());
      }),
      window.onDidChangeActiveTextEditor((editor) => {
        if (editor?.document.uri.scheme === fileSystemScheme) void this.#followFocus(editor.document.uri);
      }),
      this.#changes,
      this.#values,
    );
  }

  /** What an open document shows; undefined before it was read. */
  open(uri: Uri): OpenValue | undefined {
    return this.#entries.get(uri.toString())?.value;
  }

  /** Reads open documents again: of one key, of a connection, or all. Unchanged ones stay as they are. */
  async refresh(which: (address: KeyAddress) => boolean): Promise<void> {
    const found = [...this.#entries.values()].map(({ value }) => value.address).filter(which);
    await Promise.all(found.map((address) => this.#reload(documentUri(address))));
  }

  async stat(uri: Uri): Promise<FileStat> {
    if (addressOf(uri) === null) return folderStat(uri);
    const entry = await this.#fresh(uri);
    return {
      type: FileType.File,
      ctime: 0,
      mtime: entry.mtime,
      size: entry.bytes.length,
      ...(entry.value.readOnly === null ? {} : { permissions: FilePermission.Readonly }),
    };
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    return (await this.#fresh(uri)).bytes;
  }

  async writeFile(uri: Uri, content: Uint8Array): Promise<void> {
    const entry = this.#entries.get(uri.toString());
    const reason = this.#saveReasons.get(uri.toString());
    this.#saveReasons.delete(uri.toString());
    if (entry === undefined) {
      throw FileSystemError.NoPermissions('Keys are created with “Create Key…”, not by saving a file.');
    }
    if (sameBytes(entry.bytes, content)) return;
    try {
      this.#requireManual(reason);
      this.#requireExact(uri, content);
      await this.#save(uri, entry, content);
    } catch (error) {
      // VS Code shows the refusal itself, without a way to ask further.
      const failure = asFailure(error);
      if (isPolicyRefusal(failure)) void showBlocked(failure, 'A policy holds this key back: it was not saved.');
      throw fileSystemError(uri, error);
    }
  }

  watch(): Disposable {
    // Redis tells nobody by itself: documents are read again on focus, by `refresh`, and before saving.
    return new Disposable(() => undefined);
  }

  readDirectory(): never {
    throw FileSystemError.NoPermissions('Keys are listed in the Connections view.');
  }

  createDirectory(): never {
    throw FileSystemError.NoPermissions('Redis has no folders: a key’s name makes them.');
  }

  delete(): never {
    throw FileSystemError.NoPermissions('Delete keys in the Connections view: it asks, and keeps a way back.');
  }

  rename(): never {
    throw FileSystemError.NoPermissions('Rename keys with “Rename Key…”.');
  }

  /** VS Code looks at the file once more before it writes: only a fresh look finds what somebody else wrote meanwhile. */
  #expectSave(id: string, reason: TextDocumentSaveReason): void {
    this.#saveReasons.set(id, reason);
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#entries.set(id, { ...entry, readAtMs: -Infinity });
  }

  #requireManual(reason: TextDocumentSaveReason | undefined): void {
    if (reason === TextDocumentSaveReason.Manual) return;
    throw new Failure('BLOCKED', 'Auto save does not write to Redis; the document stays as it is, unsaved.', {
      nextAction: 'Save it yourself (Ctrl+S).',
    });
  }

  /** What the editor shows must be what is written: another encoding would change every other character. */
  #requireExact(uri: Uri, content: Bytes): void {
    const text = textOf(content);
    const document = workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (text !== null && (document === undefined || document.getText() === text)) return;
    throw new Failure(
      'VALIDATION_ERROR',
      'The document was not saved: VS Code would write it in another encoding than UTF-8.',
      {
        nextAction: 'Choose UTF-8 in the status bar, then save again.',
      },
    );
  }

  async #save(uri: Uri, entry: Entry, content: Bytes): Promise<void> {
    const { value } = entry;
    const { reading, address } = value;
    if (value.readOnly !== null || reading === undefined) {
      throw new Failure('BLOCKED', value.readOnly ?? 'A previous value cannot be changed.');
    }
    const text = textOf(content) ?? '';
    const { type } = reading;
    const changed = type === 'string' ? contentOf(type, content) : contentOfText(type, text);
    try {
      const write = {
        connectionId: address.connectionUid,
        key: address.key,
        type,
        value: valueOf(changed),
        ifVersion: entry.version,
      };
      const written = await withConfirmation((confirm) => this.#parts.keys.write({ ...write, ...confirm }));
      if (written === undefined) throw notConfirmed();
      const { version } = written;
      const after: Reading = { ...reading, content: changed, version };
      const bytes = content.slice();
      this.#keep(uri, {
        ...entry,
        value: { ...value, reading: after },
        bytes,
        version,
        mtime: this.#later(entry),
      });
    } catch (error) {
      if (isFailure(error, 'CONFLICT') || isFailure(error, 'OUTCOME_UNKNOWN')) await this.#reload(uri);
      throw error;
    }
  }

  /** The entry of a document, read anew unless that was just done. */
  async #fresh(uri: Uri): Promise<Entry> {
    const entry = this.#entries.get(uri.toString());
    if (entry !== undefined && this.#parts.clock.monoMs() - entry.readAtMs < oneBreathMs) return entry;
    try {
      return await this.#load(uri);
    } catch (error) {
      throw fileSystemError(uri, error);
    }
  }

  #load(uri: Uri): Promise<Entry> {
    const id = uri.toString();
    const running = this.#loading.get(id);
    if (running !== undefined) return running;
    const loading = this.#read(uri).finally(() => this.#loading.delete(id));
    this.#loading.set(id, loading);
    return loading;
  }

  async #read(uri: Uri): Promise<Entry> {
    const address = requireAddress(uri);
    const { summary, db } = this.#parts.connection(address.connectionUid);
    if (address.db !== db) {
      throw new Failure(
        'CONFLICT',
        `This document belongs to database ${address.db}, and ${display(summary.name)} uses ${db} now.`,
      );
    }
    const value =
      address.snapshotId === undefined ? await this.#current(address, summary) : await this.#previous(address);
    const before = this.#entries.get(uri.toString());
    const version = value.reading?.version ?? '';
    const bytes = utf8(value.document.text);
    const readAtMs = this.#parts.clock.monoMs();
    // The text that was saved may be another way of writing the same value: it stays as long as the value does.
    const same = before !== undefined && (version === '' ? sameBytes(before.bytes, bytes) : before.version === version);
    return this.#keep(
      uri,
      same ? { ...before, value, readAtMs } : { value, bytes, version, readAtMs, mtime: this.#later(before) },
    );
  }

  async #current(address: KeyAddress, summary: ConnectionSummary): Promise<OpenValue> {
    const reading = await this.#parts.keys.reading({ connectionId: address.connectionUid, key: address.key });
    if (reading === null) throw new Failure('CONFLICT', 'The key does not exist.', { details: { reason: 'gone' } });
    const document = documentOf(reading);
    const locked = summary.readOnly ? `${display(summary.name)} is read-only. Unlock it to edit.` : null;
    const onlyLocked = document.readOnly === null && locked !== null;
    return { address, document, reading, readOnly: document.readOnly ?? locked, locked: onlyLocked };
  }

  async #previous(address: KeyAddress): Promise<OpenValue> {
    const { stored, text } = await this.#parts.keys.snapshot(address.snapshotId ?? '');
    if (!sameBytes(stored.key, address.key))
      throw new Failure('VALIDATION_ERROR', 'This previous value is of another key.');
    const document: KeyDocument = {
      text:
        text ??
        `The value (${display(stored.type)}, ${stored.bytes} bytes serialized) was too large to keep as text. It can be restored.\n`,
      language: languageOfPrevious(stored.type, text),
      readOnly: `The value as it was at ${stored.takenAt}.`,
    };
    return { address, document, readOnly: document.readOnly, locked: false };
  }

  #keep(uri: Uri, entry: Entry): Entry {
    this.#entries.set(uri.toString(), entry);
    this.#values.fire(uri);
    return entry;
  }

  /** A modification time after every one given before: VS Code takes a later one for a change by somebody else. */
  #later(before: Entry | undefined): number {
    return Math.max(Math.floor(this.#parts.clock.wallMs()), (before?.mtime ?? 0) + 1);
  }

  /** A tab that the person comes back to shows what is there now; one that needs a connection first stays as it is. */
  async #followFocus(uri: Uri): Promise<void> {
    const entry = this.#entries.get(uri.toString());
    if (entry === undefined || this.#parts.clock.monoMs() - entry.readAtMs < staleMs) return;
    if (this.#parts.isReady(entry.value.address.connectionUid)) await this.#reload(uri);
  }

  async #reload(uri: Uri): Promise<void> {
    const before = this.#entries.get(uri.toString());
    try {
      const after = await this.#load(uri);
      const changed = after.mtime !== before?.mtime || after.value.readOnly !== before.value.readOnly;
      if (changed) this.#changes.fire([{ type: FileChangeType.Changed, uri }]);
    } catch (error) {
      // What could not be read stays as it is: the next save, or opening it again, says why.
      if (isGone(error)) this.#changes.fire([{ type: FileChangeType.Deleted, uri }]);
    }
  }
}

function notConfirmed(): Failure {
  return new Failure('BLOCKED', 'The document was not saved, since it was not confirmed that there will be no undo.');
}

function isOpen(uri: Uri): boolean {
  return workspace.textDocuments.some((document) => !document.isClosed && document.uri.toString() === uri.toString());
}

function isGone(error: unknown): boolean {
  return isFailure(error, 'CONFLICT') && error.details?.['reason'] === 'gone';
}

function languageOfPrevious(type: string, text: string | null): DocumentLanguage {
  if (text === null) return 'text';
  return type === 'string' ? 'text' : 'collection';
}

/** The folders above a document exist as far as its path goes. */
function folderStat(uri: Uri): FileStat {
  if (uri.path.split('/').length > 3) throw FileSystemError.FileNotFound(uri);
  return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 };
}

/** VS Code shows the message of these errors, and treats some codes in its own way. */
function fileSystemError(uri: Uri, error: unknown): Error {
  if (error instanceof FileSystemError) return error;
  if (isGone(error)) return FileSystemError.FileNotFound(uri);
  const failure = asFailure(error);
  const text = failure.nextAction === undefined ? failure.message : `${failure.message} ${failure.nextAction}`;
  if (failure.code === 'BLOCKED') return FileSystemError.NoPermissions(text);
  return failure.code === 'VALIDATION_ERROR' || failure.code === 'CONFLICT'
    ? new Error(text)
    : FileSystemError.Unavailable(text);
}

/** The document of a key, or of one of its previous values. */
export function documentUri(address: KeyAddress): Uri {
  return Uri.from({ scheme: fileSystemScheme, ...placeOf(address) });
}
