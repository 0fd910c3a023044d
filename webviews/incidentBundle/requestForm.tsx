import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount, formatDuration } from '../../src/domain/format.ts';
import { incidentIncludes, type IncidentInclude, type IncidentRequest } from '../../src/domain/incidents/definition.ts';
import type { BundleSnapshot } from '../../src/protocol/incidentBundle.ts';
import { Button, Checkbox, TextField } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { hostNowMs } from '../ui/hostClock.ts';
import { Segmented } from '../ui/segmented.tsx';
import { act, edit, preview } from './model.ts';
import { RangeChart } from './rangeChart.tsx';

const includeWords: Readonly<Record<IncidentInclude, readonly [title: string, hint: string]>> = {
  timeline: ['Timeline', 'events, runs, alerts, decisions'],
  metrics: ['Metrics', 'of the servers, and our latency'],
  diagnostics: ['Diagnostics', 'versions, INFO, slow log'],
  logs: ['Logs', 'of the extension in this window'],
};

const minuteMs = 60_000;
const presets = [
  { value: '15', text: '15m' },
  { value: '60', text: '1h' },
  { value: '360', text: '6h' },
  { value: '1440', text: '24h' },
  { value: '10080', text: '7d' },
];

export function RequestForm({
  request,
  shown,
}: {
  readonly request: IncidentRequest;
  readonly shown: BundleSnapshot;
}): VNode {
  const busy = shown.previewing !== null;
  return (
    <form class="form" onSubmit={(event) => event.preventDefault()}>
      <Range request={request} shown={shown} />
      <Connections request={request} shown={shown} />
      <fieldset>
        <legend>Contents</legend>
        {incidentIncludes.map((include) => (
          <Checkbox
            key={include}
            checked={request.includes.includes(include)}
            onChange={(on) =>
              edit({
                includes: incidentIncludes.filter((one) => (one === include ? on : request.includes.includes(one))),
              })
            }
          >
            {includeWords[include][0]} <span class="muted">{includeWords[include][1]}</span>
          </Checkbox>
        ))}
      </fieldset>
      <Profile request={request} />
      <div class="form-actions">
        {busy ? (
          <Button onClick={() => void act('stopPreview')}>Stop</Button>
        ) : (
          <Button appearance="primary" disabled={request.includes.length === 0} onClick={() => void preview()}>
            {shown.preview === null ? 'Show what would be in it' : 'Show again'}
          </Button>
        )}
      </div>
    </form>
  );
}

function Range({ request, shown }: { readonly request: IncidentRequest; readonly shown: BundleSnapshot }): VNode {
  const spanMs = Date.parse(request.to) - Date.parse(request.from);
  const preset = presets.find(({ value }) => Number(value) * minuteMs === spanMs)?.value ?? '';
  const choose = (minutes: string): void => {
    const to = Math.ceil(hostNowMs() / minuteMs) * minuteMs;
    edit({ from: new Date(to - Number(minutes) * minuteMs).toISOString(), to: new Date(to).toISOString() });
  };
  return (
    <fieldset>
      <legend>
        Range <span class="muted">{spanMs > 0 ? formatDuration(spanMs) : ''}</span>
      </legend>
      <Segmented label="Length of the range, until now" value={preset} choices={presets} onChange={choose} />
      <div class="range-fields">
        <Instant label="From" value={request.from} onChange={(from) => edit({ from })} />
        <Instant label="To" value={request.to} onChange={(to) => edit({ to })} />
      </div>
      {spanMs <= 0 && <p class="bad">The end must be later than the beginning.</p>}
      <RangeChart buckets={shown.buckets} from={request.from} to={request.to} />
    </fieldset>
  );
}

/** A time in UTC, as `2026-11-22 10:00`; what is no time is said and changes nothing. */
function Instant({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (iso: string) => void;
}): VNode {
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? value.slice(0, 16).replace('T', ' ');
  const local = new Date(value).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const onInput = (next: string): void => {
    const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?$/.exec(next.trim());
    const iso = match === null ? undefined : new Date(`${match[1]}T${match[2]}${match[3] ?? ':00'}Z`);
    if (iso === undefined || Number.isNaN(iso.getTime())) return setTyped(next);
    setTyped(null);
    if (iso.toISOString() !== value) onChange(iso.toISOString());
  };
  return (
    <label class="field" title={`${local} here`}>
      <span>{label}, UTC</span>
      <TextField label={`${label}, UTC`} value={text} placeholder="2026-11-22 10:00" onInput={onInput} />
      {typed !== null && <span class="bad">Write it as 2026-11-22 10:00.</span>}
    </label>
  );
}

function Connections({
  request,
  shown,
}: {
  readonly request: IncidentRequest;
  readonly shown: BundleSnapshot;
}): VNode | null {
  const all = shown.connections.map(({ id }) => id);
  if (all.length === 0) return null;
  const chosen = request.connectionIds;
  const toggle = (id: string, on: boolean): void => {
    const next = all.filter((one) => (one === id ? on : (chosen ?? all).includes(one)));
    edit({ connectionIds: next.length === all.length ? undefined : next } as Partial<IncidentRequest>);
  };
  const count = chosen === undefined ? 'all' : `${formatCount(chosen.length)} of ${formatCount(all.length)}`;
  return (
    <fieldset>
      <legend>
        Connections <span class="muted">{count}</span>
      </legend>
      <div class="form-list">
        {shown.connections.map(({ id, name, environment }) => (
          <Checkbox key={id} checked={chosen?.includes(id) ?? true} onChange={(on) => toggle(id, on)}>
            {name} <EnvironmentBadge environment={environment} />
          </Checkbox>
        ))}
      </div>
      {chosen?.length === 0 && <p class="bad">Choose at least one.</p>}
    </fieldset>
  );
}

function Profile({ request }: { readonly request: IncidentRequest }): VNode {
  const { redactionProfile } = request;
  return (
    <fieldset>
      <legend>Redaction</legend>
      <Segmented
        label="Redaction profile"
        value={redactionProfile}
        choices={[
          { value: 'default', text: 'Default' },
          { value: 'strict', text: 'Strict' },
        ]}
        onChange={(profile) => edit({ redactionProfile: profile === 'strict' ? 'strict' : 'default' })}
      />
      <p class="muted">
        {redactionProfile === 'strict'
          ? 'For people outside: key names, hosts, users, labels and paths become tokens that mean the same within this bundle.'
          : 'For colleagues: key names and hosts stay. Credentials, tokens and private keys are removed.'}
      </p>
      {redactionProfile === 'strict' && (
        <Checkbox checked={request.keepMapping === true} onChange={(keepMapping) => edit({ keepMapping })}>
          Keep the meaning of tokens on this machine
        </Checkbox>
      )}
    </fieldset>
  );
}
