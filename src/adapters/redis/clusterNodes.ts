import type { Credentials } from '../../app/ports/redis.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import type { Failure } from '../../domain/failure.ts';
import type { BulkConnection } from './bulkPool.ts';
import { endpointLabel, parseHostPort, type Destination } from './endpoint.ts';
import { handshake, loginOf, type Login } from './handshake.ts';
import { ioredisWire } from './ioredisWire.ts';
import { Link } from './link.ts';
import { abandoned, deadline, openLean, quieten } from './opening.ts';
import { redirectAllowed, redirectFailure, type HostPort, type RedirectRule } from './redirects.ts';
import { tlsOptions } from './tls.ts';

type Cluster = NonNullable<ConnectionDefinition['cluster']>;

export function nodeId(node: HostPort): string {
  return `${node.host.toLowerCase()}:${node.port}`;
}

/** The nodes of a cluster that we may speak to, and the open connections to them. */
export class ClusterNodes {
  readonly seeds: readonly HostPort[];
  readonly login: Login;
  private readonly definition: ConnectionDefinition;
  private readonly credentials: Credentials;
  private readonly rule: RedirectRule;
  private readonly natMap: ReadonlyMap<string, HostPort>;
  private readonly links = new Map<string, Promise<Link>>();
  private readonly verdicts = new Map<string, Promise<boolean>>();
  private readonly onLost: (cause: Failure) => void;

  constructor(
    definition: ConnectionDefinition,
    cluster: Cluster,
    credentials: Credentials,
    onLost: (cause: Failure) => void,
  ) {
    this.definition = definition;
    this.credentials = credentials;
    this.onLost = onLost;
    this.login = loginOf(definition, credentials);
    this.seeds = cluster.nodes.flatMap((node) => parseHostPort(node, 6379) ?? []);
    this.natMap = new Map(
      Object.entries(cluster.natMap ?? {}).flatMap(([announced, reached]) => {
        const place = parseHostPort(reached, 6379);
        return place === null ? [] : [[announced.toLowerCase(), place] as const];
      }),
    );
    const hasSecrets = this.login.password !== undefined || credentials.cert !== undefined;
    this.rule = { nodes: this.seeds, allowedHosts: cluster.allowedHosts ?? [], anyPortOfNodes: !hasSecrets };
  }

  /** Those of `nodes` that the definition does not let us speak to. */
  async forbidden(nodes: readonly HostPort[]): Promise<readonly HostPort[]> {
    const verdicts = await Promise.all(nodes.map((node) => this.allowed(node)));
    return nodes.filter((_, index) => verdicts[index] !== true);
  }

  refusal(nodes: readonly HostPort[]): Failure {
    return redirectFailure(nodes, 'The cluster', 'cluster.nodes or cluster.allowedHosts');
  }

  /** An open, proven control connection to a node; opened on first use and again after it was lost. */
  link(node: HostPort, timeoutMs: number, signal?: AbortSignal): Promise<Link> {
    const id = nodeId(node);
    const known = this.links.get(id);
    if (known !== undefined) return known;
    const opening = this.open(node, timeoutMs, signal);
    this.links.set(id, opening);
    const forget = (): void => {
      if (this.links.get(id) === opening) this.links.delete(id);
    };
    opening.then(
      (link) =>
        link.onDeath((cause) => {
          forget();
          this.onLost(cause);
        }),
      forget,
    );
    return opening;
  }

  async lean(node: HostPort, timeoutMs: number, signal?: AbortSignal): Promise<BulkConnection> {
    if (!(await this.allowed(node))) throw this.refusal([node]);
    return openLean(this.destination(node), this.login, timeoutMs, signal);
  }

  destroy(cause: Failure): void {
    for (const opening of this.links.values()) {
      opening.then(
        (link) => link.destroy(cause),
        () => undefined,
      );
    }
    this.links.clear();
  }

  private allowed(node: HostPort): Promise<boolean> {
    const id = nodeId(node);
    if (this.natMap.has(id)) return Promise.resolve(true);
    const known = this.verdicts.get(id);
    if (known !== undefined) return known;
    const verdict = redirectAllowed(node, this.rule);
    this.verdicts.set(id, verdict);
    return verdict;
  }

  private destination(node: HostPort): Destination {
    const place = this.natMap.get(nodeId(node)) ?? node;
    const endpoint = { kind: 'tcp', host: place.host, port: place.port } as const;
    const { tls } = this.definition;
    return {
      endpoint,
      label: endpointLabel(endpoint),
      ...(tls.enabled ? { tls: tlsOptions(tls, place.host, this.credentials) } : {}),
    };
  }

  private async open(node: HostPort, timeoutMs: number, signal?: AbortSignal): Promise<Link> {
    if (!(await this.allowed(node))) throw this.refusal([node]);
    const left = deadline(timeoutMs);
    const destination = this.destination(node);
    const link = await Link.open(destination.label, ioredisWire(destination, timeoutMs, signal));
    try {
      await handshake(link, this.login, left());
      await quieten(link, left());
      return link;
    } catch (error) {
      throw abandoned(link, error, timeoutMs);
    }
  }
}
