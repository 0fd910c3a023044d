import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDraft, ConnectionScope, Secret } from '../../domain/connections/definition.ts';

export interface Disposable {
  dispose(): void;
}

/** A connection as it stands in settings, before validation. */
export interface ConfiguredConnection {
  readonly scope: ConnectionScope;
  /** What makes ids of two projects differ: the folder's or workspace's URI; empty for user scope. */
  readonly scopeRoot: string;
  /** The entry, unvalidated: settings are written by hand. */
  readonly draft: unknown;
}

/** The settings `cachify.*`. */
export interface Settings {
  connections(): readonly ConfiguredConnection[];
  /** Where a new entry of this scope would stand (see `ConfiguredConnection.scopeRoot`); undefined when no folder is open. */
  scopeRoot(scope: 'user' | 'workspace'): string | undefined;
  /** Writes an entry into the scope it came from (or `scope` for a new one); comments of the file stay. */
  saveConnection(draft: ConnectionDraft, at: { scope: ConnectionScope; scopeRoot: string }): Promise<void>;
  removeConnection(id: string, at: { scope: ConnectionScope; scopeRoot: string }): Promise<void>;
  /** The setting `cachify.alertRules` as it stands at each scope, unvalidated; `root` as in `ConfiguredConnection.scopeRoot`. */
  alertRules(): readonly { readonly root: string; readonly scope: ConnectionScope; readonly entries: unknown }[];
  /** Number settings of the manifest, with their defaults there. */
  number(name: NumberSetting): number;
  boolean(name: BooleanSetting): boolean;
  onDidChange(listener: () => void): Disposable;
}

export type NumberSetting =
  | 'keys.maxDocumentBytes'
  | 'keys.pageSize'
  | 'keys.snapshotBudgetMb'
  | 'keys.snapshotDays'
  | 'observability.sampleSeconds';
export type BooleanSetting = 'reconnectOnStartup';

/** SecretStorage and what else must not be readable on disk. */
export interface Secrets {
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/** Small state of this machine that is not secret (VS Code's globalState). */
export interface Memory {
  get(name: string): unknown;
  set(name: string, value: unknown): Promise<void>;
}

export interface Trust {
  isTrusted(): boolean;
  onDidGrant(listener: () => void): Disposable;
}

/** Reads what a definition points at: PEM files, an environment variable, a command's output. Only asked when trusted. */
export interface SecretReader {
  /** `path` is absolute, starts with `~/`, or is relative to the folder or workspace file that `scopeRoot` (a URI) names. */
  file(path: string, scopeRoot: string): Promise<Bytes>;
  environment(name: string): string | undefined;
  /** First line of standard output; rejects after 10 s or on a non-zero exit. */
  command(argv: readonly string[]): Promise<string>;
}

/** Asks a person for a secret that is nowhere stored; undefined when they dismiss it. */
export interface SecretPrompt {
  /** `why` is finished text: the destination that gets the secret, and why it is asked for. */
  ask(connectionName: string, what: keyof Secret, why: string): Promise<string | undefined>;
}

export interface Digest {
  /** SHA-256 of the parts one after another, lower-case hex. */
  sha256(parts: Iterable<Bytes>): string;
  /** Keyed: for names that must not be guessable. */
  hmacSha256(key: Bytes, parts: Iterable<Bytes>): string;
  randomBytes(count: number): Bytes;
  uuid(): string;
}

/** Authenticated encryption at rest (AES-256-GCM). */
export interface Cipher {
  /** Nonce, ciphertext and tag in one buffer. */
  seal(plain: Bytes, context: string): Promise<Bytes>;
  /** Rejects when the bytes or the context differ from what was sealed. */
  open(sealed: Bytes, context: string): Promise<Bytes>;
}

export type LogFields = Readonly<
  Partial<
    Record<
      'connectionId' | 'action' | 'code' | 'kind' | 'command' | 'count' | 'ms' | 'state' | 'version',
      string | number
    >
  >
>;

/** Fields are allow-listed by type: no message of an error, no argument, no value can be logged. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
