import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount } from '../../src/domain/format.ts';
import { datasets } from '../../src/domain/retention/dataset.ts';
import { megabyte, policyBounds, policyProblem, type RetentionPolicy } from '../../src/domain/retention/policy.ts';
import type { DatasetReport } from '../../src/domain/retention/report.ts';
import { Button, Checkbox, TextField } from '../ui/controls.tsx';
import { close, policyFailure, savePolicy } from './model.ts';

/** Days, budget, and whether a dataset purges by itself. What breaks a rule says so beside its field. */
export function PolicyForm({ shown }: { readonly shown: DatasetReport }): VNode | null {
  const [days, setDays] = useState(String(shown.retentionDays));
  const [budget, setBudget] = useState(String(Math.round(shown.budgetBytes / megabyte)));
  const [auto, setAuto] = useState(shown.autoPurgeOldest);
  const dataset = datasets.find((one) => one === shown.dataset);
  if (dataset === undefined) return null;
  const policy: RetentionPolicy = {
    dataset,
    retentionDays: numberOf(days),
    storageBudgetMb: numberOf(budget),
    autoPurgeOldest: auto,
  };
  const problem = policyProblem(policy) ?? policyFailure.value;
  const problemAt = (path: keyof typeof policyBounds): string | null => {
    const { minimum, maximum } = policyBounds[path];
    if (problem?.details?.path !== path) return null;
    return `A whole number from ${formatCount(minimum)} to ${formatCount(maximum)}.`;
  };
  return (
    <form
      class="detail"
      aria-label="Days and budget"
      onSubmit={(event) => {
        event.preventDefault();
        void savePolicy(policy);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && problem === null) void savePolicy(policy);
        if (event.key === 'Escape') close();
      }}
    >
      <Field label="Keep for" unit="days" value={days} onInput={setDays} problem={problemAt('retentionDays')} />
      <Field label="Budget" unit="MB" value={budget} onInput={setBudget} problem={problemAt('storageBudgetMb')} />
      <Checkbox checked={auto} onChange={setAuto}>
        Purge the oldest by itself: what is too old, and over the budget down to 80 %
      </Checkbox>
      <div class="detail-acts">
        <Button appearance="primary" disabled={problem !== null} onClick={() => void savePolicy(policy)}>
          Save limits
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
    </form>
  );
}

function numberOf(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
}

interface FieldProps {
  readonly label: string;
  readonly unit: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly problem: string | null;
}

function Field({ label, unit, value, onInput, problem }: FieldProps): VNode {
  return (
    <div class="field">
      <span class="field-label">{label}</span>
      <TextField label={`${label}, ${unit}`} value={value} onInput={onInput} />
      <span>{unit}</span>
      {problem !== null && (
        <span class="field-problem" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}
