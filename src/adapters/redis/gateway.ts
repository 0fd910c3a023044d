import type { Credentials, RedisGateway, RedisSession } from '../../app/ports/redis.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { Bulk } from './bulk.ts';
import type { BulkNode } from './bulkPool.ts';
import { loginOf } from './handshake.ts';
import { Session, type Topology } from './session.ts';
import { destinationOf, openControl, openLean, ownEndpoint } from './standalone.ts';

/** Opens connections to real servers. */
export class SocketGateway implements RedisGateway {
  async open(definition: ConnectionDefinition, credentials: Credentials, signal?: AbortSignal): Promise<RedisSession> {
    const topology = await topologyOf(definition, credentials);
    try {
      return new Session(topology, await topology.open(signal));
    } catch (error) {
      topology.close();
      throw error;
    }
  }
}

function topologyOf(definition: ConnectionDefinition, credentials: Credentials): Promise<Topology> {
  return Promise.resolve(standalone(definition, credentials));
}

function standalone(definition: ConnectionDefinition, credentials: Credentials): Topology {
  const destination = destinationOf(definition, credentials, ownEndpoint(definition));
  const login = loginOf(definition, credentials);
  let user = login.username ?? 'default';
  const node: BulkNode = {
    id: 'own',
    open: (signal) => openLean(destination, login, definition.timeoutMs, signal),
  };
  return {
    open: async (signal) => {
      const opened = await openControl(destination, login, definition.timeoutMs, signal);
      ({ user } = opened.server);
      return opened;
    },
    openPrivate: (_key, timeoutMs, signal) => openLean(destination, login, timeoutMs, signal),
    bulk: new Bulk({
      connectionName: definition.name,
      db: definition.db,
      timeoutMs: definition.timeoutMs,
      user: () => user,
      nodes: () => [node],
      nodeOf: () => 0,
    }),
    close: () => undefined,
  };
}
