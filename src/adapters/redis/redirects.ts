import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { entryAllows } from '../../domain/connections/allowedHosts.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { endpointLabel } from './endpoint.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Where a server may lead us. Credentials go to what the definition names, and nowhere else: a listed node exactly, an
 * allowed host at any port; and to other ports of a listed node's host only when no credentials are at stake.
 */
export interface RedirectRule {
  readonly nodes: readonly HostPort[];
  readonly allowedHosts: readonly string[];
  readonly anyPortOfNodes: boolean;
}

async function addresses(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return []; // a name that nobody knows allows nothing
  }
}

/** Whether a redirect to `target` may be followed. Names and the addresses that they stand for count alike. */
export async function redirectAllowed(target: HostPort, rule: RedirectRule): Promise<boolean> {
  const { host, port } = target;
  const fits = (node: HostPort): boolean => rule.anyPortOfNodes || node.port === port;
  if (rule.nodes.some((node) => fits(node) && node.host.toLowerCase() === host.toLowerCase())) return true;
  if (rule.allowedHosts.some((entry) => entryAllows(entry, host, port))) return true;
  const reached = await addresses(host);
  if (reached.length === 0) return false;
  const named = [
    ...rule.nodes.filter(fits).map((node) => node.host),
    ...rule.allowedHosts.filter((entry) => !/[*/:]/.test(entry)),
  ];
  const known = new Set((await Promise.all(named.map(addresses))).flat());
  return reached.every(
    (address) => known.has(address) || rule.allowedHosts.some((entry) => entryAllows(entry, address, port)),
  );
}

/** A redirect to somewhere that the definition does not name. Nothing was sent there. */
export function redirectFailure(targets: readonly HostPort[], by: string, setting: string): Failure {
  const names = targets.map(({ host, port }) => endpointLabel({ kind: 'tcp', host, port }));
  return new Failure(
    'CONNECTION_FAILED',
    `${by} leads to ${names.join(', ')}, which this connection does not allow. Nothing was sent there.`,
    {
      details: { trouble: 'redirect', hosts: targets.map(({ host }) => display(host)) },
      nextAction: `If these are your servers, add them to ${setting} of the connection.`,
    },
  );
}
