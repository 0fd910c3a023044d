import type { VNode } from 'preact';
import type { Failure } from '../../src/domain/failure.ts';
import { Button, Spinner } from './controls.tsx';
import { EmptyState } from './emptyState.tsx';
import { Icon } from './icon.tsx';
import { Notice } from './notice.tsx';

interface WaitingPageProps {
  /** What is going on: "Reading the rule…". */
  readonly waiting: string;
  /** What did not work, as a title: "The rule could not be read". */
  readonly failed: string;
  readonly failure: Failure | null;
  readonly onRetry: () => void;
}

/** A panel before the host's first answer: that it waits, or why there is nothing to show. */
export function WaitingPage({ waiting, failed, failure, onRetry }: WaitingPageProps): VNode {
  if (failure === null) {
    return (
      <div class="page-waiting">
        <Spinner label={waiting} />
      </div>
    );
  }
  return (
    <EmptyState icon="error" title={failed} action={<Button onClick={onRetry}>Try again</Button>}>
      {failure.message} {failure.nextAction}
    </EmptyState>
  );
}

interface FailureNoticeProps {
  /** null = nothing went wrong, and nothing is shown. */
  readonly failure: Failure | null;
  readonly onClose: () => void;
}

/** What went wrong on a page that goes on showing what it had. */
export function FailureNotice({ failure, onClose }: FailureNoticeProps): VNode | null {
  if (failure === null) return null;
  return (
    <Notice
      kind="error"
      action={
        <Button appearance="icon" label="Close this message" onClick={onClose}>
          <Icon name="close" />
        </Button>
      }
    >
      {failure.message} {failure.nextAction}
    </Notice>
  );
}
