import type { VNode } from 'preact';
import { metricOf } from '../../src/domain/alerts/metrics/registry.ts';
import { starterOf } from '../../src/domain/alerts/starters.ts';
import type { AlertState } from '../../src/domain/alerts/views.ts';
import { ruleSentence, valueText } from '../../src/domain/alerts/words.ts';
import type { RuleSnapshot } from '../../src/protocol/alertRule.ts';
import { Button } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { FailureNotice, WaitingPage } from '../ui/waitingPage.tsx';
import { Editor } from './editor.tsx';
import type { RuleForm } from './form.ts';
import { History } from './history.tsx';
import { act, failure, form, isChanged, load, problems, rule, save, saved, saving, snapshot } from './model.ts';

/** The whole panel: the rule's sentence, its form, and beside it what it would have done. */
export function Page(): VNode {
  const shown = snapshot.value;
  const typed = form.value;
  if (shown === 'none') return <NoRule />;
  if (shown !== null && typed !== null) return <Rule shown={shown} typed={typed} />;
  return (
    <WaitingPage
      waiting="Reading the rule…"
      failed="The rule could not be read"
      failure={failure.value}
      onRetry={() => void load()}
    />
  );
}

function NoRule(): VNode {
  return (
    <EmptyState
      icon="bell"
      title="This rule is gone"
      action={<Button onClick={() => void act('newRule')}>Create rule</Button>}
    >
      It was deleted, here or in another window. Choose another one in the Alerts view, or create one.
    </EmptyState>
  );
}

function Rule({ shown, typed }: { readonly shown: RuleSnapshot; readonly typed: RuleForm }): VNode {
  const isShared = shown.origin === 'settings';
  return (
    <main class="page">
      <Head shown={shown} isShared={isShared} />
      <FailureNotice failure={failure.value} onClose={() => (failure.value = null)} />
      {isShared && (
        <Notice kind="info" action={<Button onClick={() => void act('openSettings')}>Open settings</Button>}>
          This rule stands in the setting <code>cachify.alertRules</code>: change it there, or duplicate it.
        </Notice>
      )}
      <About id={shown.id} />
      <States shown={shown} />
      <div class="rule-columns">
        <fieldset class="rule-fields" disabled={isShared}>
          <Editor shown={shown} form={typed} />
        </fieldset>
        <History connections={shown.connections} />
      </div>
    </main>
  );
}

function Head({ shown, isShared }: { readonly shown: RuleSnapshot; readonly isShared: boolean }): VNode {
  const draft = rule.value;
  const nameOf = (id: string): string => shown.connections.find((each) => each.id === id)?.name ?? id;
  const isValid = draft !== null && problems.value.size === 0;
  const changed = isChanged.value;
  return (
    <header class="rule-head">
      <h1 class="rule-sentence" aria-live="polite">
        {draft === null ? 'A field below is not right yet.' : ruleSentence(draft, nameOf)}
      </h1>
      <Toolbar label="Rule">
        <Button
          appearance="primary"
          disabled={!isValid || !changed || saving.value || isShared}
          onClick={() => void save()}
        >
          {shown.id === null ? 'Create rule' : 'Save rule'}
        </Button>
        {shown.id !== null && <Button onClick={() => void act('duplicateRule')}>Duplicate</Button>}
        {shown.id !== null && !isShared && <Button onClick={() => void act('removeRule')}>Delete…</Button>}
        <ToolbarGap />
        <span class="muted" role="status">
          {saving.value
            ? 'Saving…'
            : saved.value && !changed
              ? 'Saved'
              : changed && shown.id !== null
                ? 'Not saved yet'
                : ''}
        </span>
      </Toolbar>
    </header>
  );
}

/** What a shipped rule says about itself. */
function About({ id }: { readonly id: string | null }): VNode {
  const about = id === null ? undefined : starterOf(id);
  if (about === undefined) return <></>;
  return (
    <dl class="rule-about">
      <dt>Why</dt>
      <dd>{about.why}</dd>
      <dt>What to do</dt>
      <dd>{about.action}</dd>
      <dt>Source</dt>
      <dd>{about.source}</dd>
    </dl>
  );
}

const stateWords: Readonly<Record<AlertState['state'], string>> = {
  normal: 'normal',
  pending: 'pending',
  firing: 'firing',
  recovering: 'recovering',
  resolved: 'resolved',
};

/** Where it stands now. */
function States({ shown }: { readonly shown: RuleSnapshot }): VNode {
  const metric = metricOf(shown.draft.metric);
  const notable = shown.states.filter(({ state, reason }) => state !== 'normal' || reason !== undefined);
  if (notable.length === 0) return <></>;
  const nameOf = (id: string): string => shown.connections.find((each) => each.id === id)?.name ?? id;
  return (
    <ul class="rule-states" aria-label="Now">
      {notable.slice(0, 5).map((state) => (
        <li key={state.connectionId}>
          <Icon name={state.state === 'firing' ? 'error' : state.state === 'pending' ? 'clock' : 'info'} />
          {nameOf(state.connectionId)}: {stateWords[state.state]}
          {state.value === undefined || metric === undefined ? '' : `, ${valueText(metric, state.value)}`}
          {state.reason === undefined ? '' : `, ${state.reason}`}
        </li>
      ))}
    </ul>
  );
}
