import { parseUrl } from './address.ts';
import { isRecord, Problems } from './fields.ts';

/** Fields that each say where the server is: setting one of them replaces the others. */
const destinations = ['url', 'host', 'socketPath', 'sentinel', 'cluster'] as const;
/** Fields that a URL may say too: changing one of them writes the URL out as fields. */
const partsOfUrl = ['port', 'db', 'username', 'tls'] as const;

/**
 * An entry with changes made: an absent field stays, `null` or `undefined` removes it, a new destination takes the
 * place of the old one however that was written. Not validated.
 */
export function draftWith(before: unknown, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = isRecord(before) ? before : {};
  const moves = destinations.some((field) => changes[field] !== undefined && changes[field] !== null);
  const base = !moves && partsOfUrl.some((field) => Object.hasOwn(changes, field)) ? withoutUrl(given) : given;
  const left = new Set<string>(moves ? [...destinations, ...(changes['host'] === undefined ? ['port'] : [])] : []);
  const kept = Object.entries(base).filter(([field]) => !left.has(field) && !Object.hasOwn(changes, field));
  const all = [...kept, ...Object.entries(changes)];
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== null));
}

/** The same entry with its URL as single fields; unchanged when it has none that can be read. */
function withoutUrl(entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { url, ...rest } = entry;
  const parsed = typeof url === 'string' ? parseUrl(url, 'url', new Problems()) : undefined;
  if (parsed === undefined || parsed.password !== undefined) return entry;
  const { tls, password: _none, ...parts } = parsed;
  return { ...rest, ...parts, ...(tls && rest['tls'] === undefined ? { tls: { enabled: true } } : {}) };
}
