import type { Credentials } from '../../app/ports/redis.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { Failure } from '../../domain/failure.ts';
import { Bulk } from './bulk.ts';
import type { BulkNode } from './bulkPool.ts';
import { endpointLabel, type Destination, type Endpoint } from './endpoint.ts';
import { loginOf } from './handshake.ts';
import { findMaster } from './sentinel.ts';
import type { Topology } from './session.ts';
import { SshTunnel } from './sshTunnel.ts';
import { deadline, openControl, openLean } from './opening.ts';
import { tlsOptions } from './tls.ts';

/** Finds the one server of a connection, anew each time that it has to be reached. */
interface Finder {
  find(left: () => number, signal?: AbortSignal): Promise<Destination>;
  /** Whether what answers must be a master. */
  readonly masterOnly: boolean;
  close(): void;
}

function destinationOf(
  definition: ConnectionDefinition,
  credentials: Credentials,
  endpoint: Endpoint,
  name: string,
): Destination {
  return {
    endpoint,
    label: endpointLabel(endpoint),
    ...(definition.tls.enabled ? { tls: tlsOptions(definition.tls, name, credentials) } : {}),
  };
}

function ownEndpoint(definition: ConnectionDefinition): Endpoint {
  return definition.socketPath === undefined
    ? { kind: 'tcp', host: definition.host, port: definition.port }
    : { kind: 'unix', path: definition.socketPath };
}

function direct(definition: ConnectionDefinition, credentials: Credentials): Finder {
  const destination = destinationOf(definition, credentials, ownEndpoint(definition), definition.host);
  return { find: () => Promise.resolve(destination), masterOnly: false, close: () => undefined };
}

function throughSsh(
  definition: ConnectionDefinition,
  ssh: NonNullable<ConnectionDefinition['ssh']>,
  credentials: Credentials,
): Finder {
  const target = ownEndpoint(definition);
  const tunnel = new SshTunnel(ssh, target);
  return {
    async find(left, signal) {
      const near = await tunnel.open(left(), signal);
      const destination = destinationOf(definition, credentials, near, definition.host);
      return { ...destination, label: endpointLabel(target) };
    },
    masterOnly: false,
    close: () => tunnel.close(),
  };
}

function throughSentinel(
  definition: ConnectionDefinition,
  sentinel: NonNullable<ConnectionDefinition['sentinel']>,
  credentials: Credentials,
): Finder {
  return {
    async find(left, signal) {
      const master = await findMaster(definition, sentinel, credentials, left, signal);
      return destinationOf(definition, credentials, master, master.kind === 'tcp' ? master.host : definition.host);
    },
    masterOnly: true,
    close: () => undefined,
  };
}

/** One server: at its own address, behind ssh, or as the Sentinels say. */
export function singleServer(definition: ConnectionDefinition, credentials: Credentials): Topology {
  const { ssh, sentinel } = definition;
  const finder =
    sentinel !== undefined
      ? throughSentinel(definition, sentinel, credentials)
      : ssh !== undefined
        ? throughSsh(definition, ssh, credentials)
        : direct(definition, credentials);
  const login = loginOf(definition, credentials);
  let user = login.username ?? 'default';
  const lean = async (timeoutMs: number, signal?: AbortSignal) => {
    const left = deadline(timeoutMs);
    return openLean(await finder.find(left, signal), login, left(), signal);
  };
  const node: BulkNode = { id: 'own', open: (signal) => lean(definition.timeoutMs, signal) };
  return {
    async open(signal) {
      const left = deadline(definition.timeoutMs);
      const destination = await finder.find(left, signal);
      const opened = await openControl(destination, login, left(), signal);
      if (finder.masterOnly && opened.server.role === 'replica') {
        const failure = stillReplica(destination.label);
        opened.exchanger.destroy(failure);
        throw failure;
      }
      ({ user } = opened.server);
      return finder.masterOnly ? { ...opened, server: { ...opened.server, mode: 'sentinel' } } : opened;
    },
    openPrivate: (_key, timeoutMs, signal) => lean(timeoutMs, signal),
    bulk: new Bulk({
      connectionName: definition.name,
      db: definition.db,
      timeoutMs: definition.timeoutMs,
      user: () => user,
      nodes: () => [node],
      nodeOf: () => 0,
    }),
    close: () => finder.close(),
  };
}

function stillReplica(label: string): Failure {
  return new Failure(
    'CONNECTION_FAILED',
    `The Sentinels name ${label} as master, but it is a replica still: a failover is under way.`,
    {
      retryable: true,
      nextAction: 'Wait for the failover, then try again.',
    },
  );
}
