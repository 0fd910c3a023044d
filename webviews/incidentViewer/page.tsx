import type { VNode } from 'preact';
import { formatCount } from '../../src/domain/format.ts';
import type { PageData } from '../../src/domain/incidents/pageData.ts';
import { EventsChart, SampleCharts } from './charts.tsx';
import { factsOf, listOf, utc, wordsOf, type Facts } from './records.ts';
import { Timeline } from './timeline.tsx';

/** A bundle, as whoever gets it reads it: what it is about, what happened, what was redacted. */
export function Page({ data }: { readonly data: PageData }): VNode {
  const { from, to, counts, alerts } = data;
  const samples = data.samples.map(factsOf);
  const facts: readonly (readonly [string, string])[] = [
    ['Range', `${utc(from)} – ${utc(to)} UTC`],
    ['Made', `${utc(data.createdAt)} UTC by ${data.tool.name} ${data.tool.version}`],
    ['Redaction', data.profile],
    ['Holds', words(counts)],
    ...(data.omitted.length === 0
      ? []
      : [['Not in it', data.omitted.map(({ what, reason }) => `${what} (${reason})`).join(', ')] as const]),
  ];
  return (
    <>
      <header>
        <h1>Incident bundle</h1>
        <dl>
          {facts.map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">
          To prove that nothing changed: <code>sha256sum -c SHA256SUMS</code> in the unpacked folder. A hash is no
          signature.
        </p>
      </header>
      <main>
        <EventsChart buckets={data.buckets} from={from} to={to} />
        {samples.length > 0 && <SampleCharts samples={samples} from={from} to={to} />}
        <Records
          title="Alerts"
          empty="No alert in the range."
          rows={listOf(factsOf(alerts)['events'])}
          columns={['createdAt', 'severity', 'title', 'message', 'connection']}
        />
        <Records
          title="Workflow runs"
          empty="No run touched the range."
          rows={data.workflows.map(factsOf)}
          columns={['startedAt', 'name', 'state', 'connection', 'counts', 'error']}
        />
        <Records
          title="Policy decisions"
          empty="No policy was asked in the range."
          rows={data.decisions.map(factsOf)}
          columns={['at', 'action', 'allowed', 'connection', 'violations']}
        />
        <Timeline events={data.events} />
        <Records
          title="Redaction report"
          empty="Nothing had to be replaced."
          rows={data.redactions.map((row) => factsOf(row))}
          columns={['kind', 'count']}
        />
      </main>
    </>
  );
}

function words(counts: PageData['counts']): string {
  const named = { timeline: 'events', metrics: 'samples', workflows: 'runs', decisions: 'decisions' } as const;
  const rest = { diagnostics: 'diagnostic records', logs: 'log lines', alerts: 'alerts' } as const;
  return Object.entries({ ...named, ...rest })
    .map(([field, word]) => `${formatCount(counts[field as keyof typeof counts])} ${word}`)
    .join(', ');
}

const titles: Readonly<Record<string, string>> = {
  createdAt: 'Time, UTC',
  startedAt: 'Began, UTC',
  at: 'Time, UTC',
  count: 'Times',
};

interface RecordsProps {
  readonly title: string;
  readonly empty: string;
  readonly rows: readonly Facts[];
  readonly columns: readonly string[];
}

function Records({ title, empty, rows, columns }: RecordsProps): VNode {
  const id = title.toLowerCase().replaceAll(' ', '-');
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {title} {rows.length > 0 && <span class="muted">{formatCount(rows.length)}</span>}
      </h2>
      {rows.length === 0 ? (
        <p class="muted">{empty}</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column}>{titles[column] ?? `${column.charAt(0).toUpperCase()}${column.slice(1)}`}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  {columns.map((column) => (
                    <td key={column} class="wrap">
                      {column.endsWith('At') || column === 'at' ? utc(row[column]).slice(0, 19) : wordsOf(row[column])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
