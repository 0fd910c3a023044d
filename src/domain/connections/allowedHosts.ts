/** Which hosts a redirect may lead to: an entry is a host, a name with `*`, a network (`10.0.0.0/8`) or `host:port`. */
import { splitNode } from './address.ts';

function ipv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (parts === null) return null;
  const bytes = parts.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) return null;
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function inNetwork(host: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/');
  const address = ipv4(host);
  const start = ipv4(base);
  const size = Number(bits);
  if (address === null || start === null || !/^\d{1,2}$/.test(bits) || size > 32) return false;
  const span = 2 ** (32 - size);
  return Math.floor(address / span) === Math.floor(start / span);
}

/** `*` stands for any characters of a name; an address never matches a name. */
function matchesName(host: string, pattern: string): boolean {
  if (ipv4(host) !== null || host.includes(':')) return false;
  const [first = '', ...rest] = pattern.split('*');
  if (!host.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    const found = index === rest.length - 1 ? host.length - part.length : host.indexOf(part, at);
    if (found < at || !host.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return true;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

/** Whether one entry covers `host` (at `port`). Names are compared as text; nothing is looked up. */
export function entryAllows(entry: string, host: string, port: number): boolean {
  const wanted = bare(host);
  const given = entry.toLowerCase();
  if (given.includes('/')) return inNetwork(wanted, given);
  if (given.includes('*')) return matchesName(wanted, given);
  const node = splitNode(given);
  if (node !== null) return bare(node.host) === wanted && node.port === port;
  return bare(given) === wanted;
}
