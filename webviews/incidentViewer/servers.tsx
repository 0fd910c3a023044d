import type { VNode } from 'preact';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../src/domain/format.ts';
import { factsOf, numberOf, plainName, textOf, type Facts } from './records.ts';
import { Rows } from './recordTable.tsx';

/** What each server said of itself when the bundle was made, and how we were connected to it. */
export function Servers({ records }: { readonly records: readonly Facts[] }): VNode {
  const of = (record: string): Facts[] => records.filter((one) => one['record'] === record);
  const app = of('app')[0];
  const connections = of('connection');
  return (
    <section aria-labelledby="servers">
      <h2 id="servers">Servers</h2>
      {connections.length === 0 && <p class="muted">No connection is in this bundle.</p>}
      {connections.length > 0 && (
        <p class="muted">As they were when the bundle was made, which may be later than what it is about.</p>
      )}
      <div class="servers">
        {connections.map((connection, at) => (
          <Server
            key={at}
            connection={connection}
            records={records.filter((one) => one['connection'] === connection['connection'])}
          />
        ))}
      </div>
      {app !== undefined && (
        <p class="muted">
          Looked at by Cachify Studio {textOf(app['version'])} in VS Code {textOf(app['vscode'])} on{' '}
          {textOf(app['platform'])} {textOf(app['arch'])}; its own store was {textOf(app['storeHealth'])}.
        </p>
      )}
    </section>
  );
}

function Server({ connection, records }: { readonly connection: Facts; readonly records: readonly Facts[] }): VNode {
  const of = (record: string): Facts[] => records.filter((one) => one['record'] === record);
  const id = textOf(connection['connection']);
  const name = textOf(connection['name']) || id;
  const tables = [
    ['Settings that are not as delivered', of('config').map(withEmptyShown), ['name', 'value', 'usual']],
    ['Slow commands', timed(of('slowlog').sort(slowestFirst)), ['at', 'took', 'command', 'key', 'client']],
    ['Latency spikes', timed(of('latency').sort(newestFirst)), ['at', 'event', 'took']],
    ['Busiest commands since its start', busiest(of('commandStats')), ['command', 'calls', 'each', 'failed']],
  ] as const;
  return (
    <article>
      <h3>
        {name}{' '}
        <span class="muted">{joined([textOf(connection['connection']), textOf(connection['environment'])])}</span>
      </h3>
      <dl>
        {factLines(connection, records).map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {tables.map(
        ([title, rows, columns]) =>
          rows.length > 0 && (
            <details key={title}>
              <summary>
                {title} <span class="muted">{formatCount(rows.length)}</span>
              </summary>
              <Rows rows={rows} columns={columns} label={title} />
            </details>
          ),
      )}
    </article>
  );
}

function factLines(connection: Facts, records: readonly Facts[]): (readonly [string, string])[] {
  const info = factsOf(records.find((one) => one['record'] === 'info')?.['fields']);
  const coverage = numberOf(records.find((one) => one['record'] === 'coverage')?.['coverage']);
  const number = (name: string): number => Number(textOf(info[name]) || Number.NaN);
  const lines: readonly (readonly [string, string])[] = [
    ['State', joined([textOf(connection['state']), textOf(connection['cause'])])],
    ['Server', serverWords(connection, info)],
    ['Reached at', joined([textOf(connection['destination']), ...waysOf(connection)])],
    ['User', textOf(connection['user'])],
    ['Memory', memoryWords(number)],
    ['Clients', told(number('connected_clients'), formatCount, ` of ${formatCount(number('maxclients'))}`)],
    ['Up for', told(number('uptime_in_seconds') * 1000, formatDuration)],
    [
      'Lost keys',
      joined([
        told(number('evicted_keys'), formatCount, ' evicted'),
        told(number('expired_keys'), formatCount, ' expired'),
      ]),
    ],
    ['Keys', keyWords(records.filter((one) => one['record'] === 'keyspace'))],
    ['Watched', coverage === null ? '' : `${formatPercent(coverage)} of the range`],
    ['Cannot use', lacking(connection).map(plainName).join(', ')],
    ['Not told', denied(records)],
  ];
  return lines.filter(([, text]) => text !== '');
}

function serverWords(connection: Facts, info: Facts): string {
  const version = textOf(connection['serverVersion']) || textOf(info['redis_version']);
  return joined([version === '' ? '' : `Redis ${version}`, textOf(connection['mode']), textOf(connection['role'])]);
}

function waysOf(connection: Facts): string[] {
  const ways = [connection['tls'] === true && 'TLS', connection['ssh'] === true && 'through SSH'];
  return [...ways.flatMap((way) => (way === false ? [] : [way])), connection['readOnly'] === true ? 'read-only' : ''];
}

function memoryWords(number: (name: string) => number): string {
  const used = number('used_memory');
  if (Number.isNaN(used)) return '';
  const most = number('maxmemory');
  return most > 0
    ? `${formatBytes(used)} of ${formatBytes(most)} (${formatPercent(used / most)})`
    : `${formatBytes(used)}, no limit`;
}

function keyWords(databases: readonly Facts[]): string {
  return databases
    .map(
      ({ db, keys, expires }) =>
        `db${textOf(db)}: ${formatCount(numberOf(keys) ?? 0)} (${formatCount(numberOf(expires) ?? 0)} expire)`,
    )
    .join(', ');
}

/** Commands that the server does not let us use. */
function lacking(connection: Facts): string[] {
  return Object.entries(factsOf(connection['capabilities'])).flatMap(([name, capability]) =>
    factsOf(capability)['available'] === false ? [name] : [],
  );
}

function denied(records: readonly Facts[]): string {
  return records
    .filter((one) => one['record'] === 'problem')
    .map((one) => `${textOf(one['what'])} (${textOf(one['reason']) || textOf(one['code'])})`)
    .join(', ');
}

/** An empty setting is one too: `save` is how snapshots are turned off. */
function withEmptyShown(setting: Facts): Facts {
  return { ...setting, value: setting['value'] === '' ? '(empty)' : setting['value'] };
}

function slowestFirst(a: Facts, b: Facts): number {
  return (numberOf(b['durationMs']) ?? 0) - (numberOf(a['durationMs']) ?? 0);
}

function newestFirst(a: Facts, b: Facts): number {
  return textOf(a['at']) < textOf(b['at']) ? 1 : -1;
}

function timed(records: readonly Facts[]): Facts[] {
  return records.map((record) => ({
    ...record,
    took: formatDuration(numberOf(record['durationMs']) ?? Number.NaN),
  }));
}

function busiest(records: readonly Facts[]): Facts[] {
  return records.map(({ usecPerCall, calls, ...record }) => ({
    ...record,
    calls: formatCount(numberOf(calls) ?? Number.NaN),
    each: formatDuration((numberOf(usecPerCall) ?? Number.NaN) / 1000),
  }));
}

function told(value: number, words: (value: number) => string, after = ''): string {
  return Number.isFinite(value) ? `${words(value)}${after.includes('–') ? '' : after}` : '';
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
