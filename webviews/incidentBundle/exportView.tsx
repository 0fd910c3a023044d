import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../src/domain/format.ts';
import type { BundleVerdict, ExportJob, IncidentBundle } from '../../src/domain/incidents/definition.ts';
import type { BundleSnapshot } from '../../src/protocol/incidentBundle.ts';
import { Button } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Notice } from '../ui/notice.tsx';
import { ProgressBar } from '../ui/progressBar.tsx';
import { act, acting } from './model.ts';

const stages = [
  ['collecting', 'Writing'],
  ['checking', 'Reading it back and looking for secrets'],
  ['finishing', 'Giving it its name'],
] as const;

/** An export: how far it is, and at the end what was written. */
export function ExportView({ shown }: { readonly shown: BundleSnapshot }): VNode {
  const { job, bundle, verdict } = shown;
  const result = useRef<HTMLDivElement>(null);
  const step = bundle === null ? job?.state : bundle.id;
  useLayoutEffect(() => {
    const take = (): void => takeLostFocus(result.current);
    take();
    window.addEventListener('focus', take);
    return () => window.removeEventListener('focus', take);
  }, [step]);
  return (
    <div class="result" ref={result}>
      {job !== null && job.state !== 'success' && <Working job={job} />}
      {bundle !== null && <Written bundle={bundle} verdict={verdict} />}
    </div>
  );
}

/** The button that was pressed may be gone with what it did: the focus goes on to what became of it, and from nowhere else. */
function takeLostFocus(result: HTMLElement | null): void {
  if (!document.hasFocus() || document.activeElement !== document.body) return;
  result?.querySelector<HTMLElement>('h2')?.focus();
}

function Working({ job }: { readonly job: ExportJob }): VNode {
  const isWorking = job.state === 'running' || job.state === 'pending' || job.state === 'cancelling';
  return (
    <section class="result-block">
      <h2 tabIndex={-1}>{titles[job.state] ?? 'Exporting…'}</h2>
      <p class="path">{job.target}</p>
      <ProgressBar share={job.progress} label="Exported" />
      <p class="number export-numbers" role="status">
        <span>{formatPercent(job.progress)}</span>
        <span>
          {formatBytes(job.contentDone)} of {formatBytes(job.contentBytes)}
        </span>
        <span>{formatBytes(job.bytesWritten)} on disk</span>
        {isWorking && job.bytesPerSecond !== undefined && <span>{formatBytes(job.bytesPerSecond)} per second</span>}
        {isWorking && job.secondsLeft !== undefined && <span>{formatDuration(job.secondsLeft * 1000)} left</span>}
      </p>
      {isWorking && (
        <ol class="stages">
          {stages.map(([stage, words]) => {
            const at = stages.findIndex(([name]) => name === job.stage);
            const own = stages.findIndex(([name]) => name === stage);
            const icon = own < at ? 'pass' : own === at ? 'sync' : 'circle-outline';
            return (
              <li key={stage} class={own === at ? '' : 'muted'} aria-current={own === at ? 'step' : undefined}>
                <Icon name={icon} /> {words}
              </li>
            );
          })}
        </ol>
      )}
      {job.error !== undefined && (
        <Notice kind={job.state === 'failed' ? 'error' : 'warning'}>
          {job.error.message} {job.error.nextAction}
        </Notice>
      )}
      <div class="form-actions">
        {job.state === 'interrupted' && (
          <Button appearance="primary" busy={acting.value} onClick={() => void act('resume')}>
            Resume export
          </Button>
        )}
        {(isWorking || job.state === 'interrupted') && (
          <Button disabled={job.state === 'cancelling'} busy={acting.value} onClick={() => void act('cancel')}>
            {job.state === 'interrupted' ? 'Give it up' : 'Cancel export'}
          </Button>
        )}
      </div>
    </section>
  );
}

const titles: Readonly<Partial<Record<ExportJob['state'], string>>> = {
  cancelling: 'Cancelling…',
  cancelled: 'Cancelled. Nothing of it is left.',
  interrupted: 'The export was interrupted',
  failed: 'No file was written',
};

function Written({
  bundle,
  verdict,
}: {
  readonly bundle: IncidentBundle;
  readonly verdict: BundleVerdict | null;
}): VNode {
  const gone = bundle.file === 'missing';
  return (
    <section class="result-block">
      <h2 tabIndex={-1}>
        <Icon name={gone ? 'question' : 'pass-filled'} />{' '}
        {gone ? 'The file is not where it was written' : 'Bundle written'}
      </h2>
      <p class="path">{bundle.path}</p>
      {bundle.file === 'moved' && <p class="muted">It was renamed since it was written; its bytes are the same.</p>}
      <p class="number">
        {formatCount(bundle.counts.timeline)} events · {formatCount(bundle.counts.metrics)} samples
        {bundle.bytes > 0 && ` · ${formatBytes(bundle.bytes)}`} · {bundle.request.redactionProfile} redaction
      </p>
      <dl class="hashes">
        <dt>Content</dt>
        <dd class="hash">{bundle.contentSha256 === '' ? 'not known' : bundle.contentSha256}</dd>
        <dt>File</dt>
        <dd class="hash">{bundle.archiveSha256}</dd>
      </dl>
      <div class="form-actions">
        <Button appearance="primary" disabled={gone} busy={acting.value} onClick={() => void act('verify')}>
          Verify
        </Button>
        <Button disabled={gone} busy={acting.value} onClick={() => void act('reveal')}>
          Reveal
        </Button>
        <Button disabled={gone} busy={acting.value} onClick={() => void act('openViewer')}>
          Open in browser
        </Button>
      </div>
      {verdict !== null && <Verdict verdict={verdict} />}
    </section>
  );
}

function Verdict({ verdict }: { readonly verdict: BundleVerdict }): VNode {
  if (verdict.ok) return <Notice kind="info">Whole: every file in it is what was written.</Notice>;
  const lines = [
    ...verdict.differing.map((file) => `${file} differs`),
    ...verdict.missing.map((file) => `${file} is missing`),
    ...verdict.added.map((file) => `${file} was added`),
  ];
  return <Notice kind="error">Not what was written: {lines.join(', ')}.</Notice>;
}
