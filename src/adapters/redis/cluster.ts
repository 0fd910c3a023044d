import type { Credentials } from '../../app/ports/redis.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { Bulk } from './bulk.ts';
import type { BulkNode } from './bulkPool.ts';
import { Failure } from '../../domain/failure.ts';
import { ClusterNodes, nodeId } from './clusterNodes.ts';
import { ClusterRouter } from './clusterRouter.ts';
import { deadline, introduce } from './opening.ts';
import type { Opened, Topology } from './session.ts';

const closed = new Failure('CONNECTION_FAILED', 'The connection is closed.', { nextAction: 'Connect again.' });

const noSuchNode = new Failure('CONNECTION_FAILED', 'This node serves no slots of the cluster now. Nothing was sent.', {
  retryable: true,
  nextAction: 'Look at the state of the cluster, then try again.',
});

/** A cluster: commands go to the node of their key, bulk work walks all masters. */
export function clusterOf(
  definition: ConnectionDefinition,
  cluster: NonNullable<ConnectionDefinition['cluster']>,
  credentials: Credentials,
): Topology {
  let router: ClusterRouter | undefined;
  let nodes: ClusterNodes | undefined;
  let user = definition.username ?? 'default';

  async function open(signal?: AbortSignal): Promise<Opened> {
    const left = deadline(definition.timeoutMs);
    const freshNodes = new ClusterNodes(definition, cluster, credentials, () => {
      if (fresh.dead() === null) void fresh.refresh(definition.timeoutMs);
    });
    const fresh = new ClusterRouter(freshNodes);
    try {
      const link = await fresh.discover(left(), signal);
      const known = await introduce(link, freshNodes.login, left());
      fresh.useTable(known.commandTable);
      router = fresh;
      nodes = freshNodes;
      ({ user } = known.server);
      return { ...known, exchanger: fresh };
    } catch (error) {
      fresh.destroy(closed);
      throw error;
    }
  }

  function bulkNodes(): readonly BulkNode[] {
    return (router?.masters() ?? []).map((master) => ({
      id: nodeId(master),
      open: (signal) => (nodes as ClusterNodes).lean(master, definition.timeoutMs, signal),
    }));
  }

  return {
    open,
    openPrivate(key, timeoutMs, signal) {
      const owner = key === undefined ? undefined : router?.ownerOf(key);
      const master = owner ?? router?.masters()[0];
      if (nodes === undefined || master === undefined) throw closed;
      return nodes.lean(master, timeoutMs, signal);
    },
    openNode(node, timeoutMs) {
      const master = router?.masters().find((each) => nodeId(each) === node);
      if (nodes === undefined || master === undefined) return Promise.reject(noSuchNode);
      return nodes.lean(master, timeoutMs);
    },
    cluster: {
      nodes: () => (router?.masters() ?? []).map(nodeId),
      nodeOf(key) {
        const owner = router?.ownerOf(key) ?? router?.masters()[0];
        return owner === undefined ? '' : nodeId(owner);
      },
      async learn(timeoutMs) {
        await router?.learnAgain(timeoutMs);
      },
    },
    bulk: new Bulk({
      connectionName: definition.name,
      db: 0,
      timeoutMs: definition.timeoutMs,
      user: () => user,
      nodes: bulkNodes,
      nodeOf(key) {
        const owner = router?.ownerOf(key);
        const at =
          owner === undefined ? -1 : (router?.masters() ?? []).findIndex((master) => nodeId(master) === nodeId(owner));
        return Math.max(0, at);
      },
    }),
    async primaries() {
      // Whom nobody names at this moment may be named the next time: nothing is given up for it.
      await router?.discover(definition.timeoutMs).catch(() => undefined);
      return bulkNodes();
    },
    close: () => router?.destroy(closed),
  };
}
