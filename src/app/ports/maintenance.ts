/** A Redis profile of the desktop program. Its secret was in the system's keychain and is not in the file. */
export interface DesktopProfile {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly db: number | null;
  readonly tls: boolean;
  readonly environment: string;
  readonly tags: readonly string[];
  readonly readOnly: boolean;
  readonly timeoutMs: number;
  readonly retry: {
    readonly maxAttempts: number;
    readonly backoffMs: number;
    readonly strategy: 'fixed' | 'exponential';
    readonly abortOnErrorRate: number;
  };
}

/** A value of a string that the desktop program kept before it changed it; null when only a hash was kept. */
export interface DesktopKeySnapshot {
  readonly id: string;
  readonly connectionId: string;
  readonly key: string;
  readonly capturedAt: string;
  readonly value: string | null;
  readonly ttlSeconds: number | null;
  readonly reason: string;
}

/** What only the use case can bring over: settings and sealed values. Tables are copied inside the store. */
export interface DesktopContent {
  /** 1, 2 or 3. */
  readonly level: number;
  readonly profiles: readonly DesktopProfile[];
  readonly keySnapshots: readonly DesktopKeySnapshot[];
  readonly memcached: { readonly profiles: number; readonly keys: number };
}

/** Of one kind of thing: in the file, brought over now, and left alone (it was here already, or cannot be used). */
export interface ImportCount {
  readonly found: number;
  readonly imported: number;
  readonly skipped: number;
}

export type ImportCounts = Readonly<Record<string, ImportCount>>;

/** Care for the stores as a whole. */
export interface StoreMaintenance {
  /** Writes both stores into one plain SQLite file that must not exist, without values of keys. Runs beside everything else. */
  exportDatabase(target: string): Promise<void>;
  /** Reads all files and proves them. Problems are sentences. */
  verify(): Promise<{ readonly ok: boolean; readonly problems: readonly string[] }>;
  /** Reads a store of the desktop program, which is never changed. @throws Failure VALIDATION_ERROR with `details.path` */
  readDesktop(path: string): Promise<DesktopContent>;
  /**
   * Copies the tables of such a store: what is here already stays as it is. `connectionIds` maps profile ids to `uid`s;
   * rows of other connections keep their id. A dry run changes nothing and counts the same.
   */
  importDesktop(request: {
    readonly path: string;
    readonly connectionIds: Readonly<Record<string, string>>;
    readonly dryRun: boolean;
  }): Promise<ImportCounts>;
}
