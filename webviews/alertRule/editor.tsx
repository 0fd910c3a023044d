import type { VNode } from 'preact';
import { alertSeverities } from '../../src/domain/alerts/event.ts';
import { alertMetrics, metricOf } from '../../src/domain/alerts/metrics/registry.ts';
import { operators } from '../../src/domain/alerts/rule.ts';
import { ruleDuration } from '../../src/domain/alerts/words.ts';
import type { RuleConnection, RuleSnapshot } from '../../src/protocol/alertRule.ts';
import { Checkbox, Select, TextField } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Field, Unit } from './fields.tsx';
import { unitOf, withMetric, type RuleForm } from './form.ts';
import { change, problems } from './model.ts';

const sources = { client: 'ours', engine: 'server', connection: 'connection' } as const;

const aggregationWords: Readonly<Record<string, string>> = {
  last: 'newest value',
  avg: 'average',
  min: 'lowest',
  max: 'highest',
  sum: 'total',
  rate: 'per second',
  ratio: 'share of all',
  p95: '95th percentile',
};

const operatorWords: Readonly<Record<string, string>> = {
  '>': 'above',
  '>=': 'at or above',
  '<': 'below',
  '<=': 'at or below',
};

const severityWords: Readonly<Record<string, string>> = { info: 'Info', warning: 'Warning', critical: 'Critical' };

/** The form: what is measured, when it is bad, for how long, where, and what happens then. */
export function Editor({ shown, form }: { readonly shown: RuleSnapshot; readonly form: RuleForm }): VNode {
  const metric = metricOf(form.metric);
  const wrong = problems.value;
  const isState = metric?.unit === 'state';
  const unit = unitOf(metric, form.aggregation);
  return (
    <form class="rule-form" aria-label="Alert rule" onSubmit={(event) => event.preventDefault()}>
      <Field label="Name" problem={wrong.get('name')}>
        <TextField label="Name" value={form.name} onInput={(name) => change({ name })} />
      </Field>
      <Field label="Metric" problem={wrong.get('metric')} hint={metric?.explanation}>
        <Select
          label="Metric"
          value={form.metric}
          choices={alertMetrics.map(({ id, title, source }) => ({ value: id, text: `${title} (${sources[source]})` }))}
          onChange={(id) => change((before) => withMetric(before, id))}
        />
      </Field>
      <Field label="Condition" problem={wrong.get('threshold') ?? wrong.get('aggregation') ?? wrong.get('operator')}>
        {(metric?.aggregations.length ?? 0) > 1 && (
          <Select
            label="Aggregation"
            value={form.aggregation}
            choices={(metric?.aggregations ?? []).map((value) => ({ value, text: aggregationWords[value] ?? value }))}
            onChange={(aggregation) => change({ aggregation })}
          />
        )}
        {!isState && (
          <>
            <Select
              label="Comparison"
              value={form.operator}
              choices={operators.map((value) => ({ value, text: operatorWords[value] ?? value }))}
              onChange={(operator) => change({ operator })}
            />
            <span class="field-number">
              <TextField label="Threshold" value={form.threshold} onInput={(threshold) => change({ threshold })} />
              <Unit>{unit}</Unit>
            </span>
          </>
        )}
        {isState && <span>is the case</span>}
      </Field>
      {!isState && (
        <Field
          label="Recovery threshold"
          problem={wrong.get('recovery')}
          hint="Optional. It is over only when this value is reached again, so that it does not come and go."
        >
          <span class="field-number">
            <TextField label="Recovery threshold" value={form.recovery} onInput={(recovery) => change({ recovery })} />
            <Unit>{unit}</Unit>
          </span>
        </Field>
      )}
      <div class="field-row">
        <Field label="Looks back" problem={wrong.get('lookback')}>
          <span class="field-number">
            <TextField label="Lookback in minutes" value={form.lookback} onInput={(lookback) => change({ lookback })} />
            <Unit>minutes</Unit>
          </span>
        </Field>
        <Field label="Must last" problem={wrong.get('lasts')} hint={lastsHint(form.lasts)}>
          <span class="field-number">
            <TextField label="Seconds that it must last" value={form.lasts} onInput={(lasts) => change({ lasts })} />
            <Unit>seconds</Unit>
          </span>
        </Field>
      </div>
      <Field label="Severity" problem={wrong.get('severity')} hint={severityHint(form.severity)}>
        <Segmented
          label="Severity"
          value={form.severity}
          choices={alertSeverities.map((value) => ({ value, text: severityWords[value] ?? value }))}
          onChange={(severity) => change({ severity })}
        />
      </Field>
      <Scope shown={shown} form={form} />
      <div class="field-row">
        <Field label="Needs at least" problem={wrong.get('minSamples')} hint={`Empty: ${metric?.minSamples ?? 1}`}>
          <span class="field-number">
            <TextField
              label="Samples that it needs"
              value={form.minSamples}
              placeholder={String(metric?.minSamples ?? 1)}
              onInput={(minSamples) => change({ minSamples })}
            />
            <Unit>{metric?.sampleNoun ?? 'samples'}</Unit>
          </span>
        </Field>
        <Field label="Held after it is good" problem={wrong.get('keeps')} hint="Optional">
          <span class="field-number">
            <TextField label="Seconds that it is held" value={form.keeps} onInput={(keeps) => change({ keeps })} />
            <Unit>seconds</Unit>
          </span>
        </Field>
      </div>
      <Silence form={form} />
      <Checkbox checked={form.enabled} onChange={(enabled) => change({ enabled })}>
        Judge this rule every {Number(form.lookback) > 60 ? 'five minutes' : 'half minute'}
      </Checkbox>
    </form>
  );
}

function lastsHint(text: string): string | undefined {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0) return undefined;
  return seconds === 0 ? 'Fires at once' : ruleDuration(seconds);
}

function severityHint(severity: string): string {
  if (severity === 'critical') return 'Shows a message once per episode, and stands in the view and the status bar.';
  return 'Stands in the view and the status bar; no message interrupts.';
}

const silenceWords = [
  { value: 'show', text: 'Show it, keep the state' },
  { value: 'ok', text: 'Count it as good' },
  { value: 'alert', text: 'Count it as bad' },
  { value: 'keepLast', text: 'Pass over it for a while' },
] as const;

function Silence({ form }: { readonly form: RuleForm }): VNode {
  const wrong = problems.value;
  return (
    <Field label="Without data" problem={wrong.get('onNoData') ?? wrong.get('keepLastMinutes')}>
      <Select
        label="Without data"
        value={form.onNoData}
        choices={silenceWords}
        onChange={(value) => {
          const next = silenceWords.find((known) => known.value === value);
          if (next !== undefined) change({ onNoData: next.value });
        }}
      />
      {form.onNoData === 'keepLast' && (
        <span class="field-number">
          <TextField
            label="Minutes without data"
            value={form.keepLastMinutes}
            onInput={(keepLastMinutes) => change({ keepLastMinutes })}
          />
          <Unit>minutes</Unit>
        </span>
      )}
    </Field>
  );
}

const environmentChoices = ['prod', 'staging', 'dev', 'unknown'] as const;

function Scope({ shown, form }: { readonly shown: RuleSnapshot; readonly form: RuleForm }): VNode {
  const wrong = problems.value;
  const { connections, environments } = form;
  return (
    <>
      <Field label="Environments" problem={wrong.get('environments')}>
        <Checkbox checked={environments === '*'} onChange={(all) => change({ environments: all ? '*' : ['prod'] })}>
          All
        </Checkbox>
        {environments !== '*' &&
          environmentChoices.map((value) => (
            <Checkbox
              key={value}
              checked={environments.includes(value)}
              onChange={(on) => change({ environments: toggled(environments, value, on) })}
            >
              <EnvironmentBadge environment={value} />
            </Checkbox>
          ))}
      </Field>
      <Field label="Connections" problem={wrong.get('connections')}>
        <Checkbox
          checked={connections === '*'}
          onChange={(all) => change({ connections: all ? '*' : shown.connections.slice(0, 1).map(({ id }) => id) })}
        >
          All
        </Checkbox>
        {connections !== '*' &&
          choicesOf(shown.connections, connections).map(({ id, name, environment }) => (
            <Checkbox
              key={id}
              checked={connections.includes(id)}
              onChange={(on) => change({ connections: toggled(connections, id, on) })}
            >
              {name} <EnvironmentBadge environment={environment} />
            </Checkbox>
          ))}
      </Field>
    </>
  );
}

/** The connections of this window, and those that the rule names besides. */
function choicesOf(known: readonly RuleConnection[], named: readonly string[]): RuleConnection[] {
  const others = named.filter((id) => !known.some((each) => each.id === id));
  return [...known, ...others.map((id) => ({ id, name: id, environment: 'unknown' as const }))];
}

function toggled(list: readonly string[], item: string, on: boolean): readonly string[] {
  return on ? [...list.filter((each) => each !== item), item] : list.filter((each) => each !== item);
}
