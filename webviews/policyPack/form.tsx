import type { ComponentChildren, VNode } from 'preact';
import { packEnvironments, packLimits } from '../../src/domain/governance/pack.ts';
import { Checkbox, TextField } from '../ui/controls.tsx';
import { draft, edit, problemOf, snapshot, type Draft } from './model.ts';

const environmentNames = { dev: 'Development', staging: 'Staging', prod: 'Production' } as const;

/** Everything about a pack but its windows. */
export function Form({ edited, readOnly }: { readonly edited: Draft; readonly readOnly: boolean }): VNode {
  return (
    <section class="form" aria-label="What the pack says">
      <Field name="name" title="Name">
        <TextField
          label="Name"
          value={edited.name}
          onInput={(name) => edit({ name })}
          placeholder="Prod change window"
        />
      </Field>
      <Field name="description" title="Description">
        <TextField
          label="Description"
          value={edited.description}
          onInput={(description) => edit({ description })}
          placeholder="What it is for, and whom to ask"
        />
      </Field>
      <Field name="environments" title="Environments in which changes are allowed">
        <span class="checks">
          {packEnvironments.map((environment) => (
            <Checkbox
              key={environment}
              checked={edited.environments.includes(environment)}
              onChange={(on) =>
                edit({
                  environments: packEnvironments.filter((each) =>
                    each === environment ? on : edited.environments.includes(each),
                  ),
                })
              }
            >
              {environmentNames[environment]}
            </Checkbox>
          ))}
        </span>
      </Field>
      <Field name="maxWorkflowItems" title="Items per workflow run, all its resumes together">
        <TextField
          label="Items per workflow run"
          value={edited.maxWorkflowItems === null ? '' : String(edited.maxWorkflowItems)}
          onInput={(text) => edit({ maxWorkflowItems: numberOf(text) })}
          placeholder={`1 to ${packLimits.items.toLocaleString('en-US')}`}
        />
      </Field>
      <Field name="maxRetryAttempts" title="Retries per item after the first try">
        <TextField
          label="Retries per item"
          value={edited.maxRetryAttempts === null ? '' : String(edited.maxRetryAttempts)}
          onInput={(text) => edit({ maxRetryAttempts: numberOf(text) })}
          placeholder={`0 to ${packLimits.retries}`}
        />
      </Field>
      <span class="checks">
        <Checkbox checked={edited.enabled} onChange={(enabled) => edit({ enabled })}>
          The pack holds
        </Checkbox>
        <Checkbox
          checked={edited.schedulingEnabled}
          onChange={(schedulingEnabled) => edit({ schedulingEnabled })}
          title="Off: the windows are kept and not asked"
        >
          Only in the windows
        </Checkbox>
      </span>
      {readOnly && (
        <p class="muted">
          {snapshot.value?.source === 'settings'
            ? 'This pack stands in the setting cachify.policyPacks and is changed there.'
            : ''}
        </p>
      )}
    </section>
  );
}

interface FieldProps {
  readonly name: keyof Draft;
  readonly title: string;
  readonly children: ComponentChildren;
}

function Field({ name, title, children }: FieldProps): VNode {
  const found = problemOf(name);
  return (
    <div class="field">
      <span class="field-title">{title}</span>
      {children}
      {found !== null && (
        <p class="field-problem" role="alert">
          {found}
        </p>
      )}
    </div>
  );
}

/** null for what is no number, so that the rule of the field says what is wrong. */
function numberOf(text: string): number | null {
  const trimmed = text.trim().replaceAll(/[\s,_]/g, '');
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : null;
}

export function isReadOnly(): boolean {
  return snapshot.value?.source === 'settings' || snapshot.value?.trusted === false || draft.value === null;
}
