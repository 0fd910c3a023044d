import type { ConnectionOptions } from 'node:tls';
import { display } from '../../domain/display.ts';

/** Where a socket goes. */
export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** A place, how to speak to it, and for how long to try. */
export interface Destination {
  readonly endpoint: Endpoint;
  /** Absent = plain. */
  readonly tls?: ConnectionOptions;
  /** For messages. */
  readonly label: string;
}

export function endpointLabel(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return display(endpoint.path);
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return display(`${host}:${endpoint.port}`);
}

/** Reads `host:port` (`[::1]:6379` for IPv6); null when it is none. */
export function parseHostPort(text: string, defaultPort: number): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:\s/@#[\]]+)|([0-9a-fA-F]*:[0-9a-fA-F:.]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? match?.[3];
  if (host === undefined) return null;
  const port = match?.[4] === undefined ? defaultPort : Number(match[4]);
  return port >= 1 && port <= 65_535 ? { host, port } : null;
}
