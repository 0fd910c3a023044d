import type { VNode } from 'preact';
import { Notice } from '../ui/notice.tsx';
import { FailureNotice, WaitingPage } from '../ui/waitingPage.tsx';
import { ExportView } from './exportView.tsx';
import { draft, failure, load, snapshot } from './model.ts';
import { PreviewView } from './previewView.tsx';
import { RequestForm } from './requestForm.tsx';

/** The whole panel: what shall be handed over on the left, what that would be, and what became of it, on the right. */
export function Page(): VNode {
  const shown = snapshot.value;
  const refused = failure.value;
  const request = draft.value;
  if (shown === null || request === null) {
    return (
      <WaitingPage
        waiting="Opening…"
        failed="The panel could not be filled"
        failure={refused}
        onRetry={() => void load()}
      />
    );
  }
  return (
    <main class="bundle">
      <section class="bundle-form" aria-label="What shall be in the bundle">
        <h1>Incident bundle</h1>
        <p class="muted">
          One file that tells what happened: checked, redacted, with a hash for every part. Values of keys are never in
          it.
        </p>
        <RequestForm request={request} shown={shown} />
      </section>
      <section class="bundle-result" aria-label="What the bundle would hold">
        {!shown.trusted && (
          <Notice kind="info">
            This window is in Restricted Mode: no server is asked, and the bundle holds what was recorded before.
          </Notice>
        )}
        <FailureNotice failure={refused} onClose={() => (failure.value = null)} />
        {shown.job !== null || shown.bundle !== null ? (
          <ExportView shown={shown} />
        ) : (
          <PreviewView shown={shown} request={request} />
        )}
      </section>
    </main>
  );
}
