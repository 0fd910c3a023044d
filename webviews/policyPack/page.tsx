import type { VNode } from 'preact';
import { packSentence, stateWords } from '../../src/domain/governance/words.ts';
import type { Explanation, PackSnapshot } from '../../src/protocol/policyPack.ts';
import { Button } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { Toolbar, ToolbarGap } from '../ui/toolbar.tsx';
import { FailureNotice, WaitingPage } from '../ui/waitingPage.tsx';
import { Connections } from './connections.tsx';
import { Decisions, Replay, Versions } from './decisions.tsx';
import { Form, isReadOnly } from './form.tsx';
import { localInstant } from './localTime.ts';
import {
  act,
  busy,
  changed,
  dismissExplanation,
  draft,
  drawnSet,
  failure,
  load,
  now,
  problem,
  problemOf,
  revert,
  save,
  snapshot,
  type Draft,
} from './model.ts';
import { WeekGrid } from './weekGrid.tsx';
import { WindowList } from './windowList.tsx';

/** The whole panel: why something is blocked, what the pack says, its week, where it holds, what it did and would do. */
export function Page(): VNode {
  const shown = snapshot.value;
  const edited = draft.value;
  const refused = failure.value;
  if (shown === null || edited === null) {
    return (
      <WaitingPage
        waiting="Reading the policy pack…"
        failed="The policy pack could not be read"
        failure={refused}
        onRetry={() => void load()}
      />
    );
  }
  const readOnly = isReadOnly();
  return (
    <main class="page">
      {shown.explanation !== null && <Why explanation={shown.explanation} />}
      <Head shown={shown} edited={edited} />
      <FailureNotice failure={refused} onClose={() => (failure.value = null)} />
      {!shown.trusted && (
        <Notice kind="info">This workspace is not trusted, so packs can be looked at and not changed.</Notice>
      )}
      <Actions shown={shown} readOnly={readOnly} />
      <div class="columns">
        <Form edited={edited} readOnly={readOnly} />
        <section class="schedule" aria-label="Weekly windows">
          <h2>Windows, in UTC</h2>
          <p class={edited.schedulingEnabled ? 'open-state' : 'open-state muted'} role="status">
            {openWords(edited)}
          </p>
          <WeekGrid readOnly={readOnly} />
          {problemOf('executionWindows') !== null && problem.value?.path === 'executionWindows' && (
            <p class="field-problem">{problem.value.message}</p>
          )}
          <WindowList readOnly={readOnly} />
        </section>
      </div>
      <Connections shown={shown} />
      <Replay />
      <Decisions shown={shown} />
      <Versions shown={shown} readOnly={readOnly} />
    </main>
  );
}

function openWords(edited: Draft): string {
  if (!edited.schedulingEnabled)
    return edited.executionWindows.length === 0
      ? 'Any time: no windows are drawn.'
      : 'Any time: the windows are kept and not asked while "Only in the windows" is off.';
  const words = stateWords(drawnSet.value, now.value);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function Head({ shown, edited }: { readonly shown: PackSnapshot; readonly edited: Draft }): VNode {
  const { maxWorkflowItems, maxRetryAttempts } = edited;
  const whole = maxWorkflowItems !== null && maxRetryAttempts !== null && edited.environments.length > 0;
  return (
    <header class="pack-head">
      <h1>{edited.name === '' ? 'New policy pack' : edited.name}</h1>
      <span class="muted">
        {shown.packId === null
          ? 'not saved yet'
          : shown.source === 'settings'
            ? 'from settings'
            : `version ${shown.version}`}
        {changed.value && shown.packId !== null ? ', changed' : ''}
      </span>
      {!edited.enabled && <span class="pack-off">off</span>}
      <p class="pack-sentence">
        {whole && problem.value === null
          ? packSentence({ ...edited, maxWorkflowItems, maxRetryAttempts })
          : 'Fill in what is missing below.'}
      </p>
    </header>
  );
}

function Actions({ shown, readOnly }: { readonly shown: PackSnapshot; readonly readOnly: boolean }): VNode {
  const working = busy.value !== null;
  const saved = shown.packId !== null;
  return (
    <div class="pack-actions">
      <Toolbar label="What can be done with this pack">
        {!readOnly && (
          <>
            <Button appearance="primary" disabled={!changed.value || working} onClick={() => void save()}>
              {saved ? 'Save policy pack' : 'Create policy pack'}
            </Button>
            <Button disabled={!changed.value || working} onClick={revert}>
              Revert
            </Button>
          </>
        )}
        {shown.source === 'settings' && <Button onClick={() => void act('openSettings')}>Open settings</Button>}
        <ToolbarGap />
        {saved && (
          <>
            <Button disabled={working} onClick={() => void act('duplicate')}>
              Duplicate
            </Button>
            <Button disabled={working} onClick={() => void act('export')}>
              Export…
            </Button>
            <Button disabled={working} onClick={() => void act('aclUser')}>
              Matching ACL user…
            </Button>
          </>
        )}
        {saved && !readOnly && (
          <Button disabled={working} onClick={() => void act('remove')}>
            Delete…
          </Button>
        )}
      </Toolbar>
    </div>
  );
}

/** "Why can't I?": every rule that stands in the way, and when it opens. */
function Why({ explanation }: { readonly explanation: Explanation }): VNode {
  const { act: wanted, connection, allowed, violations, nextOpening } = explanation;
  return (
    <section class={`why-panel ${allowed ? 'why-allowed' : ''}`} aria-label="Why">
      <div class="why-head">
        <Icon name={allowed ? 'pass' : 'law'} />
        <h2>
          {allowed ? 'Allowed now' : 'Blocked'}: {wanted} on {connection}
        </h2>
        <Button appearance="icon" label="Close the explanation" onClick={dismissExplanation}>
          <Icon name="close" />
        </Button>
      </div>
      <ul>
        {violations.map(({ packId, packName, rule, message }) => (
          <li key={`${packId} ${rule}`}>
            <strong>{packName}</strong>: {message}
          </li>
        ))}
      </ul>
      {nextOpening !== null && (
        <p>
          It opens {nextOpening.slice(0, 16).replace('T', ' ')} UTC ({localInstant(nextOpening)} here). A planned
          workflow can start by itself then: choose "Start when the window opens".
        </p>
      )}
      {!allowed && nextOpening === null && (
        <p>No window opens this: the pack, or where it holds, would have to change.</p>
      )}
    </section>
  );
}
