import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatCount, formatDuration } from '../../src/domain/format.ts';
import type { PageData } from '../../src/domain/incidents/pageData.ts';
import { factsOf, numberOf, textOf, utc, wordsOf, type Facts } from './records.ts';

const pageRows = 200;
const statuses = ['all', 'error', 'blocked', 'success'] as const;

/** The events that the page holds, filtered, a page at a time. */
export function Timeline({ events }: { readonly events: PageData['events'] }): VNode {
  const [text, setText] = useState('');
  const [status, setStatus] = useState<(typeof statuses)[number]>('all');
  const [pages, setPages] = useState(1);
  const all = useMemo(() => events.shown.map(factsOf), [events]);
  const wanted = text.trim().toLowerCase();
  const found = all.filter(
    (event) =>
      (status === 'all' || event['status'] === status) &&
      (wanted === '' || Object.values(event).some((value) => textOf(value).toLowerCase().includes(wanted))),
  );
  const rows = found.slice(0, pages * pageRows);
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      {events.shown.length < events.of && (
        <p class="muted">
          This page holds {formatCount(events.shown.length)} of {formatCount(events.of)} events: the newest, and of what
          failed the most. All of them are in timeline.jsonl.
        </p>
      )}
      <div class="filters">
        <input
          type="search"
          placeholder="Filter by action, key, connection…"
          aria-label="Filter the timeline"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setPages(1);
          }}
        />
        {statuses.map((one) => (
          <button key={one} type="button" aria-pressed={status === one} onClick={() => setStatus(one)}>
            {one}
          </button>
        ))}
        <span class="muted">{formatCount(found.length)} events</span>
      </div>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Time, UTC</th>
              <th>Connection</th>
              <th>Action</th>
              <th>Key</th>
              <th class="end">Took</th>
              <th>Status</th>
              <th>More</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((event, at) => (
              <Row key={at} event={event} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < found.length && (
        <button type="button" onClick={() => setPages(pages + 1)}>
          Show {formatCount(Math.min(pageRows, found.length - rows.length))} more
        </button>
      )}
    </section>
  );
}

function Row({ event }: { readonly event: Facts }): VNode {
  const status = textOf(event['status']);
  const more = ['errorCode', 'difference', 'details'].map((name) => wordsOf(event[name])).filter((part) => part !== '');
  return (
    <tr>
      <td class="mono">{utc(event['at'])}</td>
      <td>{textOf(event['connection'])}</td>
      <td>{textOf(event['action'])}</td>
      <td class="mono wrap">{textOf(event['key'])}</td>
      <td class="end">{formatDuration(numberOf(event['durationMs']) ?? Number.NaN)}</td>
      <td class={`status-${status === 'error' || status === 'blocked' ? status : 'success'}`}>{status}</td>
      <td class="wrap">{more.join(' · ')}</td>
    </tr>
  );
}
