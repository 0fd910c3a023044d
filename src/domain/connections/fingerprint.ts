import type { ConnectionDefinition, TlsOptions } from './definition.ts';

/**
 * Everything that decides who receives a secret, and in which armour, as one injective text: equal texts mean the same
 * destination. A stored secret is found by this text only, so a changed entry finds none.
 */
export function fingerprint(definition: ConnectionDefinition): string {
  const { socketPath, sentinel, cluster, ssh } = definition;
  return JSON.stringify([
    'v1',
    socketPath === undefined ? [definition.host.toLowerCase(), definition.port] : [socketPath],
    definition.username ?? null,
    tlsParts(definition.tls),
    sentinel
      ? [
          sentinel.name,
          sentinel.nodes,
          sentinel.username ?? null,
          sentinel.tls ? tlsParts(sentinel.tls) : null,
          ...(sentinel.allowedHosts === undefined ? [] : [sentinel.allowedHosts]),
        ]
      : null,
    cluster ? [cluster.nodes, cluster.allowedHosts ?? null, sortedEntries(cluster.natMap)] : null,
    ssh ? [ssh.host, ssh.port ?? null, ssh.user ?? null, ssh.identityFile ?? null] : null,
  ]);
}

function tlsParts(tls: TlsOptions): readonly unknown[] {
  return [
    tls.enabled !== false,
    tls.rejectUnauthorized !== false,
    tls.servername ?? null,
    tls.caFile ?? null,
    tls.certFile ?? null,
    tls.keyFile ?? null,
  ];
}

function sortedEntries(table: Readonly<Record<string, string>> | undefined): readonly (readonly string[])[] | null {
  return table === undefined ? null : Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The destination as a person reads it, without any secret: `rediss://app@db.example:6380`. */
export function destination(definition: ConnectionDefinition): string {
  const user = definition.username === undefined ? '' : `${definition.username}@`;
  if (definition.socketPath !== undefined) return `unix://${user}${definition.socketPath}`;
  const scheme = definition.tls.enabled ? 'rediss' : 'redis';
  const via = definition.ssh === undefined ? '' : ` through ${definition.ssh.host}`;
  const { sentinel, cluster } = definition;
  if (sentinel) return `${scheme}://${user}${sentinel.nodes.join(',')} (Sentinel ${sentinel.name})${via}`;
  if (cluster) return `${scheme}://${user}${cluster.nodes.join(',')} (Cluster)${via}`;
  return `${scheme}://${user}${address(definition)}${via}`;
}

/** `localhost:6379`, or the socket's path. */
export function address(definition: ConnectionDefinition): string {
  if (definition.socketPath !== undefined) return definition.socketPath;
  const host = definition.host.includes(':') ? `[${definition.host}]` : definition.host;
  return `${host}:${definition.port}`;
}
