import { textOf, type Facts } from './records.ts';

const shownGroups = 8;

/** Failures of one kind on one connection, as a row. */
function groupOf(event: Facts): string {
  return JSON.stringify([event['status'], event['errorCode'] ?? '', event['connection'], event['action']]);
}

/** What failed or was refused, most frequent first. */
export function failuresOf(events: readonly Facts[]): Facts[] {
  const groups = new Map<string, { event: Facts; count: number; first: string; last: string }>();
  for (const event of events) {
    if (event['status'] !== 'error' && event['status'] !== 'blocked') continue;
    const at = textOf(event['at']);
    const name = groupOf(event);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { event, count: 1, first: at, last: at });
    else {
      group.count += 1;
      if (at < group.first) group.first = at;
      if (at > group.last) group.last = at;
    }
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, shownGroups)
    .map(({ event, count, first, last }) => ({
      cause: textOf(event['errorCode']) || (event['status'] === 'blocked' ? 'refused' : 'failed'),
      action: event['action'],
      connection: event['connection'],
      count,
      firstAt: first,
      lastAt: last,
    }));
}
