/** What a connection proved about its server when it opened. */
export interface ServerIdentity {
  readonly version: string;
  /** How the server is reached: `sentinel` = the master that Sentinels name. */
  readonly mode: 'standalone' | 'sentinel' | 'cluster';
  readonly role: 'master' | 'replica' | 'unknown';
  /** `run_id` of INFO server: a new process has a new one. Null where INFO is denied. */
  readonly runId: string | null;
  /** The ACL user in force; `default` on servers without ACLs. */
  readonly user: string;
  readonly db: number;
  /** Milliseconds of the PING that the connection proved itself with. */
  readonly pingMs: number;
}

export const capabilityNames = [
  'info',
  'config',
  'slowlog',
  'latency',
  'memory',
  'object',
  'scan',
  'notifications',
  'noTouch',
  'dump',
  'scripting',
] as const;

export type CapabilityName = (typeof capabilityNames)[number];

export type Capability = { readonly available: true } | { readonly available: false; readonly reason: string };

export type Capabilities = Readonly<Record<CapabilityName, Capability>>;
