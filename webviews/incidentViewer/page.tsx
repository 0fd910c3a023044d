import type { VNode } from 'preact';
import { formatCount, formatCounted } from '../../src/domain/format.ts';
import type { PageData } from '../../src/domain/incidents/pageData.ts';
import { redactionWords } from '../../src/domain/incidents/redactionWords.ts';
import { EventsChart, SampleCharts } from './charts.tsx';
import { failuresOf } from './failures.ts';
import { factsOf, listOf, plainName, textOf, utc, wordsOf, type Facts } from './records.ts';
import { RecordTable, withWords } from './recordTable.tsx';
import { Servers } from './servers.tsx';
import { Timeline } from './timeline.tsx';

/** A bundle, as whoever gets it reads it: what it is about, what went wrong, what happened, what was redacted. */
export function Page({ data }: { readonly data: PageData }): VNode {
  const { from, to } = data;
  const samples = data.samples.map(factsOf);
  const has = (include: PageData['includes'][number]): boolean => data.includes.includes(include);
  return (
    <>
      <Head data={data} />
      <main>
        {has('timeline') && <EventsChart buckets={data.buckets} from={from} to={to} />}
        {samples.length > 0 && <SampleCharts samples={samples} from={from} to={to} />}
        {has('timeline') && <Failures data={data} />}
        {has('timeline') && <Alerts alerts={factsOf(data.alerts)} />}
        {has('diagnostics') && <Servers records={data.diagnostics.map(factsOf)} />}
        {has('timeline') && <Runs data={data} />}
        {has('diagnostics') && <Packs records={data.diagnostics.map(factsOf)} />}
        {has('timeline') && <Timeline events={data.events} />}
        {has('logs') && (
          <RecordTable
            title="Warnings and errors of Cachify Studio"
            empty="It logged no warning and no error in the range."
            rows={data.logs.map(factsOf)}
            columns={['at', 'level', 'event', 'connectionId', 'action', 'code', 'kind']}
          />
        )}
        <RecordTable
          title="Redaction report"
          empty="Nothing had to be replaced."
          rows={withWords(
            data.redactions.map((row) => factsOf(row)),
            'kind',
            redactionWords,
          )}
          columns={['kind', 'count']}
        />
      </main>
    </>
  );
}

function Head({ data }: { readonly data: PageData }): VNode {
  const profile = {
    default: 'default: credentials, tokens and private keys are removed; names of keys and hosts are kept',
    strict: 'strict: names of keys, hosts, users and labels are tokens that mean the same throughout this bundle',
  }[data.profile];
  const facts: readonly (readonly [string, string])[] = [
    ['Range', `${utc(data.from)} – ${utc(data.to)} UTC`],
    ['Made', `${utc(data.createdAt)} UTC by ${data.tool.name} ${data.tool.version}`],
    ['Redaction', profile],
    ['Holds', words(data.counts)],
    ...(data.omitted.length === 0
      ? []
      : [['Not in it', data.omitted.map(({ what, reason }) => `${what} (${reason})`).join(', ')] as const]),
  ];
  return (
    <header>
      <h1>Incident bundle</h1>
      <p>
        What was done with Redis from one VS Code window, what the servers reported and how they were doing. All times
        are UTC. Values of keys are not in it.
      </p>
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
  );
}

function words(counts: PageData['counts']): string {
  return [
    formatCounted(counts.timeline, 'event'),
    formatCounted(counts.metrics, 'sample'),
    formatCounted(counts.workflows, 'run'),
    formatCounted(counts.decisions, 'decision'),
    formatCounted(counts.diagnostics, 'diagnostic record'),
    formatCounted(counts.logs, 'log line'),
    formatCounted(counts.alerts, 'alert'),
  ].join(', ');
}

function Failures({ data }: { readonly data: PageData }): VNode {
  const { events, buckets } = data;
  const failed = buckets.reduce((sum, { error, blocked }) => sum + error + blocked, 0);
  const rows = failuresOf(events.shown.map(factsOf));
  const counted = rows.reduce((sum, { count }) => sum + Number(count), 0);
  return (
    <RecordTable
      title="What failed most"
      empty="Nothing failed and nothing was refused in the range."
      rows={rows}
      columns={['cause', 'action', 'connection', 'count', 'firstAt', 'lastAt']}
    >
      {counted < failed && (
        <p class="muted">
          {formatCount(counted)} of {formatCount(failed)} that failed or were refused; all of them are in
          timeline.jsonl.
        </p>
      )}
    </RecordTable>
  );
}

function Alerts({ alerts }: { readonly alerts: Facts }): VNode {
  const rules = new Map(listOf(alerts['rules']).map((rule) => [textOf(rule['id']), rule]));
  const states = listOf(alerts['states']).map((state) => {
    const rule = rules.get(textOf(state['ruleId'])) ?? {};
    return { ...state, rule: rule['name'], state: plainName(textOf(state['state'])), limit: limitOf(rule) };
  });
  return (
    <>
      <RecordTable
        title="Alerts"
        empty="No alert in the range."
        rows={listOf(alerts['events'])}
        columns={['createdAt', 'severity', 'title', 'message', 'connection']}
      />
      <RecordTable
        title="Alert rules, as they stood when the bundle was made"
        empty="No rule was looked at."
        rows={states}
        columns={['rule', 'connection', 'state', 'value', 'limit', 'since']}
      />
    </>
  );
}

function limitOf(rule: Facts): string {
  return [plainName(textOf(rule['metric'])), textOf(rule['operator']), textOf(rule['threshold'])].join(' ').trim();
}

function Runs({ data }: { readonly data: PageData }): VNode {
  return (
    <>
      <RecordTable
        title="Workflow runs"
        empty="No run touched the range."
        rows={data.workflows.map(factsOf).map(runRow)}
        columns={['startedAt', 'name', 'state', 'connection', 'attempts', 'counts', 'error']}
      />
      <RecordTable
        title="Policy decisions"
        empty="No policy was asked in the range."
        rows={withWords(data.decisions.map(factsOf), 'allowed', { true: 'allowed', false: 'refused' })}
        columns={['at', 'action', 'allowed', 'connection', 'violations']}
      />
    </>
  );
}

function runRow(run: Facts): Facts {
  const { planned, done, ...others } = factsOf(run['counts']);
  const happened = Object.entries(others).filter(([, count]) => count !== 0);
  return {
    ...run,
    state: textOf(run['state']).replaceAll('_', ', '),
    attempts: listOf(run['attempts']).length,
    counts: { planned, done, ...Object.fromEntries(happened) },
  };
}

function Packs({ records }: { readonly records: readonly Facts[] }): VNode {
  const packs = records
    .filter(({ record }) => record === 'pack')
    .map((pack) => ({ ...pack, executionWindows: listOf(pack['executionWindows']).map(windowWords) }));
  return (
    <RecordTable
      title="Policy packs"
      empty="There were no policy packs."
      rows={withWords(packs, 'enabled', { true: 'yes', false: 'no' })}
      columns={['name', 'enabled', 'environments', 'connections', 'maxWorkflowItems', 'executionWindows']}
    />
  );
}

function windowWords({ weekdays, startTime, endTime, timezone }: Facts): string {
  return `${wordsOf(weekdays).replaceAll(';', ',')} ${textOf(startTime)}–${textOf(endTime)} ${textOf(timezone)}`;
}
