/** Where a server is: host names, `host:port` nodes, and URLs as people paste them. */
import { Problems, text, type Read } from './fields.ts';

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const name = new RegExp(`^${label}(?:\\.${label})*\\.?$`, 'i');
const ipv6 = /^[0-9a-f:.]*:[0-9a-f:.]*(?:%[a-z0-9]+)?$/i;

/**
 * A host name, IPv4 or IPv6 address (brackets allowed), in lower case without brackets. ASCII only: letters of other
 * scripts can look like another host, so such names are written in punycode (`xn--…`).
 */
export const host: Read<string> = (value, path, problems) => {
  const given = text({ max: 253 })(value, path, problems);
  if (given === undefined) return undefined;
  if (/[^\x20-\x7e]/.test(given)) {
    return problems.add(
      path,
      'must be ASCII: letters of other scripts can look like another host, write the name in punycode (xn--…)',
    );
  }
  const bare = /^\[.*\]$/.test(given) ? given.slice(1, -1) : given;
  if (ipv6.test(bare) || (bare === given && name.test(bare))) return bare.toLowerCase();
  return problems.add(path, 'must be a host name or an IP address, without a port or a path');
};

function portOf(digits: string): number | undefined {
  const port = Number(digits);
  return /^\d{1,5}$/.test(digits) && port >= 1 && port <= 65_535 ? port : undefined;
}

/** The two halves of `host:port` or `[v6]:port`; null when it is neither. */
export function splitNode(node: string): { readonly host: string; readonly port: number } | null {
  const match = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(node);
  const port = portOf(match?.[2] ?? '');
  const name = host(match?.[1] ?? '', '', new Problems());
  return port === undefined || name === undefined ? null : { host: name, port };
}

/** `host:port`. */
export const node: Read<string> = (value, path, problems) => {
  const given = text({ max: 270 })(value, path, problems);
  if (given === undefined) return undefined;
  return splitNode(given) ? given.toLowerCase() : problems.add(path, 'must be "host:port"');
};

/** What a pasted URL says. The password is here so that its reader can take it out and keep it elsewhere. */
export interface ParsedUrl {
  readonly tls: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly db?: number;
  readonly username?: string;
  readonly password?: string;
}

const shape = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;
const schemes = new Map([
  ['redis', 'tcp'],
  ['rediss', 'tls'],
  ['unix', 'socket'],
  ['redis+unix', 'socket'],
  ['redis-socket', 'socket'],
]);

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // a lone % is the writer's mistake, and every caller says so
  }
}

/**
 * Reads `redis://`, `rediss://` and `unix://` URLs: `redis://user:password@host:6379/0`,
 * `unix:///run/redis.sock?db=1`. No part of the URL stands in a problem's text, because it may hold a password.
 */
export function parseUrl(url: string, path: string, problems: Problems): ParsedUrl | undefined {
  const match = url.length <= 2000 ? shape.exec(url.trim()) : null;
  const kind = schemes.get(match?.[1]?.toLowerCase() ?? '');
  if (!match || kind === undefined) {
    return problems.add(path, 'must begin with redis://, rediss:// or unix:// and have at most 2,000 characters');
  }
  if (match[6] !== undefined)
    return problems.add(path, 'must not have a part after # (in a password, write it as %23)');
  const login = loginOf(match[2], path, problems);
  const query = databaseOfQuery(match[5], path, problems);
  if (login === undefined || query === undefined) return undefined;
  const [authority = '', tail = ''] = [match[3], match[4]];
  if (kind === 'socket') {
    const socketPath = decoded(authority + tail);
    if (authority !== '' || !socketPath?.startsWith('/')) {
      return problems.add(path, 'must name the socket by an absolute path: unix:///run/redis.sock');
    }
    return { tls: false, socketPath, ...login, ...query };
  }
  const address = addressOf(authority, path, problems);
  const database = databaseOfPath(tail, path, problems);
  if (address === undefined || database === undefined) return undefined;
  if (database.db !== undefined && query.db !== undefined && database.db !== query.db) {
    return problems.add(path, 'names two databases');
  }
  return { tls: kind === 'tls', ...address, ...login, ...query, ...database };
}

/** Reads what a person types as an address: a URL, `host`, `host:port`, `[v6]:port`, or the path of a socket. */
export function readAddress(typed: string, path: string, problems: Problems): ParsedUrl | undefined {
  const given = typed.trim();
  if (given.includes('://')) return parseUrl(given, path, problems);
  if (given.startsWith('/')) return { tls: false, socketPath: given };
  if (given === '') return problems.add(path, 'must not be empty');
  // An IPv6 address without brackets has no port: its last group could not be told from one.
  const address = /^[^[\]]*:[^[\]]*:/.test(given) ? `[${given}]` : given;
  const read = addressOf(address, path, problems);
  return read && { tls: false, ...read };
}

type Login = Pick<ParsedUrl, 'username' | 'password'>;

function loginOf(part: string | undefined, path: string, problems: Problems): Login | undefined {
  if (part === undefined || part === '') return {};
  const colon = part.indexOf(':');
  const username = decoded(colon < 0 ? part : part.slice(0, colon));
  const password = colon < 0 ? '' : decoded(part.slice(colon + 1));
  if (username === undefined || password === undefined) {
    return problems.add(path, 'has a % that is not followed by two hex digits (a plain % is written %25)');
  }
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function addressOf(part: string, path: string, problems: Problems): { host: string; port?: number } | undefined {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(part);
  const own = new Problems();
  const name = host(match?.[1] ?? '', path, own);
  if (name === undefined) return problems.add(path, own.found.map((each) => `has a host that ${each.rule}`).join('; '));
  if (match?.[2] === undefined) return { host: name };
  const port = portOf(match[2]);
  return port === undefined ? problems.add(path, 'has a port that must be from 1 to 65535') : { host: name, port };
}

type Database = Pick<ParsedUrl, 'db'>;

function databaseOfPath(part: string, path: string, problems: Problems): Database | undefined {
  if (part === '' || part === '/') return {};
  const digits = /^\/(\d{1,9})\/?$/.exec(part)?.[1];
  return digits === undefined
    ? problems.add(path, 'may only have a database number after the host: redis://host:6379/0')
    : { db: Number(digits) };
}

function databaseOfQuery(part: string | undefined, path: string, problems: Problems): Database | undefined {
  if (part === undefined || part === '') return {};
  const digits = /^db=(\d{1,9})$/.exec(part)?.[1];
  return digits === undefined
    ? problems.add(path, 'may only say db=NUMBER after ?; write every other option as a field of its own')
    : { db: Number(digits) };
}
