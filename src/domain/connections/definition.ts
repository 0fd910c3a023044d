/** A connection as settings define it (SPEC §2); secrets are never part of it. */

export type Environment = 'dev' | 'staging' | 'prod' | 'unknown';

export interface TlsOptions {
  readonly enabled?: boolean;
  readonly servername?: string;
  /** Paths to PEM files. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Default true: chain and host name are verified. */
  readonly rejectUnauthorized?: boolean;
}

export interface RetryOptions {
  /** Tries after the first. */
  readonly maxAttempts?: number;
  readonly backoffMs?: number;
  readonly strategy?: 'fixed' | 'exponential';
  /** 0..1: give up when this share of recent operations failed. */
  readonly abortOnErrorRate?: number;
}

export type SecretSource = 'stored' | 'ask' | { readonly env: string } | { readonly command: readonly string[] };

/** What a person writes in `cachify.connections`, and what the API takes. `id` and `name` are required. */
export interface ConnectionDraft {
  readonly id: string;
  readonly name: string;
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly db?: number;
  readonly username?: string;
  readonly tls?: TlsOptions;
  readonly sentinel?: {
    readonly name: string;
    readonly nodes: readonly string[];
    readonly username?: string;
    readonly tls?: TlsOptions;
    /** Hosts besides those of `nodes` that a master may have. */
    readonly allowedHosts?: readonly string[];
  };
  readonly cluster?: {
    readonly nodes: readonly string[];
    readonly allowedHosts?: readonly string[];
    readonly natMap?: Readonly<Record<string, string>>;
  };
  readonly ssh?: {
    readonly host: string;
    readonly port?: number;
    readonly user?: string;
    readonly identityFile?: string;
  };
  readonly environment?: 'dev' | 'staging' | 'prod';
  readonly tags?: readonly string[];
  readonly readOnly?: boolean;
  readonly timeoutMs?: number;
  readonly retry?: RetryOptions;
  readonly delimiter?: string;
  readonly secret?: SecretSource;
  /** false: no snapshot is taken before destructive writes. */
  readonly undo?: boolean;
}

export type ConnectionScope = 'user' | 'workspace' | 'folder';

/** A validated definition with its defaults filled in: what the rest of the product works with. */
export interface ConnectionDefinition {
  /** Hash of scope root and id: stored rows refer to it. */
  readonly uid: string;
  readonly id: string;
  readonly name: string;
  readonly scope: ConnectionScope;
  readonly host: string;
  readonly port: number;
  readonly socketPath?: string;
  readonly db: number;
  readonly username?: string;
  readonly tls: TlsOptions & { readonly enabled: boolean; readonly rejectUnauthorized: boolean };
  readonly sentinel?: NonNullable<ConnectionDraft['sentinel']>;
  readonly cluster?: NonNullable<ConnectionDraft['cluster']>;
  readonly ssh?: NonNullable<ConnectionDraft['ssh']>;
  readonly environment: Environment;
  readonly tags: readonly string[];
  /** Whether writes are refused unless the connection is unlocked: as set, else true for prod and unknown. */
  readonly readOnly: boolean;
  readonly timeoutMs: number;
  readonly retry: Required<RetryOptions>;
  readonly delimiter: string;
  readonly secret: SecretSource;
  readonly undo: boolean;
}

/** What the user gives once and SecretStorage keeps. */
export interface Secret {
  readonly password?: string;
  readonly sentinelPassword?: string;
  readonly keyPassphrase?: string;
}

export type ConnectionState =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly nextInMs: number }
  | { readonly kind: 'failed'; readonly cause: string };

export interface ConnectionSummary {
  readonly id: string;
  readonly uid: string;
  readonly name: string;
  readonly environment: Environment;
  /** Whether writes are refused at this moment (definition and unlock taken together). */
  readonly readOnly: boolean;
  readonly scope: ConnectionScope;
  readonly state: ConnectionState['kind'];
  readonly cause?: string;
  /** End of a running break-glass unlock, UTC. */
  readonly unlockedUntil?: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
}
