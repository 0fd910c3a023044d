import { formatBytes, formatCount, formatCounted, formatDuration } from '../../src/domain/format.ts';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';

const ownNames: Readonly<Record<string, string>> = {
  slowlogId: 'Number in the slow log',
  notRetained: 'No longer in the slow log',
};

/** A field's name as people write it: `maxMemoryBytes` is "Max memory". */
export function factName(name: string): string {
  const own = ownNames[name];
  if (own !== undefined) return own;
  const words = name.replace(/(?:Bytes|Seconds|Ms)$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A field's value in words, by the unit that its name ends with; nothing is left in braces. */
export function factText(name: string, value: unknown): string {
  if (typeof value === 'number') return numberText(name, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((each) => factText(name, each)).join(', ');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return '–';
  const facts = Object.entries(value).map(([part, of]) => `${factName(part).toLowerCase()} ${factText(part, of)}`);
  return facts.length === 0 ? 'none' : facts.join(', ');
}

function numberText(name: string, value: number): string {
  if (name.endsWith('Bytes')) return formatBytes(value);
  if (name.endsWith('Seconds')) return formatDuration(value * 1000);
  if (name.endsWith('Ms')) return formatDuration(value);
  // An id is a name, not an amount.
  return name.toLowerCase().endsWith('id') ? String(value) : formatCount(value);
}

type Phrase = (value: string, count: number, action: string) => string;

/** What each fact about a server adds to the line; absent = it stands in the details only. */
const phrases: Readonly<Record<string, Phrase>> = {
  command: (value) => value,
  event: (value) => value,
  what: (value) => value,
  arguments: (_value, count) => `with ${formatCounted(count, 'argument')}`,
  client: (value) => `from ${value}`,
  notRetained: (_value, count) => `${formatCount(count)} more were not kept`,
  uptimeSeconds: (value) => `up for ${value}`,
  maxMemoryBytes: (value) => `memory limit ${value}`,
  maxMemoryPolicy: (value) => `policy ${value}`,
  count: (_value, count, action) => formatCounted(count, action === 'engine.evictions' ? 'key' : 'connection'),
};

/** What an event of the server is about, where no key is. */
export function engineWords({ source, action, details }: HistoryEvent): string {
  if (source !== 'engine' || details === undefined) return '';
  const { from, to } = details;
  const change = from === undefined || to === undefined ? [] : [`${factText('from', from)} → ${factText('to', to)}`];
  const rest = Object.entries(details).flatMap(([name, value]) => {
    const phrase = phrases[name];
    return phrase === undefined ? [] : [phrase(factText(name, value), Number(value), action)];
  });
  return [...change, ...rest].join(', ');
}
