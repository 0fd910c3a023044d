import type { Credentials, RedisGateway, RedisSession } from '../../app/ports/redis.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { Failure } from '../../domain/failure.ts';
import { clusterOf } from './cluster.ts';
import { loadClient } from './ioredisWire.ts';
import { Session, type Topology } from './session.ts';
import { singleServer } from './single.ts';

/** Opens connections to real servers: one, behind ssh, found by Sentinels, or a cluster. */
export class SocketGateway implements RedisGateway {
  async open(definition: ConnectionDefinition, credentials: Credentials, signal?: AbortSignal): Promise<RedisSession> {
    const topology = topologyOf(definition, credentials);
    // Before any clock runs: the server is not to blame for our loading.
    await loadClient();
    try {
      return new Session(topology, await topology.open(signal));
    } catch (error) {
      topology.bulk.close();
      topology.close();
      throw error;
    }
  }
}

function topologyOf(definition: ConnectionDefinition, credentials: Credentials): Topology {
  const { cluster, sentinel, ssh } = definition;
  if (ssh !== undefined && (cluster !== undefined || sentinel !== undefined)) {
    throw new Failure('NOT_SUPPORTED', 'A tunnel reaches one server; a cluster or Sentinels name further ones.', {
      details: { path: 'ssh' },
      nextAction: 'Tunnel to one node as a plain connection, or map the addresses with cluster.natMap.',
    });
  }
  return cluster === undefined ? singleServer(definition, credentials) : clusterOf(definition, cluster, credentials);
}
