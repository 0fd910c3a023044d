import type { VNode } from 'preact';
import { formatBytes, formatCount, formatPercent } from '../../src/domain/format.ts';
import { redactionWords } from '../../src/domain/incidents/redactionWords.ts';
import type { IncidentPreview, IncidentRequest } from '../../src/domain/incidents/definition.ts';
import type { BundleSnapshot } from '../../src/protocol/incidentBundle.ts';
import { Button } from '../ui/controls.tsx';
import { EmptyState } from '../ui/emptyState.tsx';
import { toMinute } from '../ui/localTime.ts';
import { Notice } from '../ui/notice.tsx';
import { ProgressBar } from '../ui/progressBar.tsx';
import { act, acting } from './model.ts';

export function PreviewView({
  shown,
  request,
}: {
  readonly shown: BundleSnapshot;
  readonly request: IncidentRequest;
}): VNode {
  const { preview, previewing } = shown;
  if (previewing !== null) {
    const { counts, contentBytes, progress } = previewing;
    return (
      <div class="result-block">
        <h2>Reading what would be in it…</h2>
        <p class="number">
          About {formatCount(counts.timeline)} events and {formatCount(counts.metrics)} samples,{' '}
          {formatBytes(contentBytes)}
        </p>
        <ProgressBar share={progress} label="Read and hashed" />
      </div>
    );
  }
  if (preview === null) {
    return (
      <EmptyState icon="package" title="Hand over the truth, and nothing more">
        Choose a range and what to take in. You then see the counts, the size, what is redacted and the hash, before any
        file is written: for example the hour around an alert, for the people who run the server.
      </EmptyState>
    );
  }
  const stale = JSON.stringify(preview.request) !== JSON.stringify(request);
  return (
    <div class="result">
      {stale && <Notice kind="warning">The form was changed since. This shows what was asked for before.</Notice>}
      <div class="result-head">
        <Button appearance="primary" disabled={stale} busy={acting.value} onClick={() => void act('export')}>
          Export bundle, about {formatBytes(preview.estimatedBytes)}…
        </Button>
        <span class="muted">holds until {localTime(preview.expiresAt)}, whatever happens meanwhile</span>
      </div>
      <Contents preview={preview} />
      <Redactions preview={preview} />
      <section class="result-block">
        <h2>Hash of the content</h2>
        <p class="hash">{preview.contentSha256}</p>
        <p class="muted">The export stops rather than write anything with another hash.</p>
      </section>
      <details class="result-block">
        <summary>Manifest</summary>
        <pre class="manifest" tabIndex={0}>
          {JSON.stringify(preview.manifest, null, 2)}
        </pre>
      </details>
    </div>
  );
}

function Contents({ preview }: { readonly preview: IncidentPreview }): VNode {
  const { manifest, contentBytes } = preview;
  return (
    <section class="result-block">
      <h2>Contents</h2>
      <table class="rows">
        <thead>
          <tr>
            <th>File</th>
            <th class="end">Records</th>
            <th class="end">Size</th>
            <th class="end wide-only">Share</th>
          </tr>
        </thead>
        <tbody>
          {manifest.entries.map(({ path, records, bytes }) => (
            <tr key={path}>
              <td>{path}</td>
              <td class="end number">{records === 0 && !path.includes('.json') ? '' : formatCount(records)}</td>
              <td class="end number">{formatBytes(bytes)}</td>
              <td class="end number wide-only">{formatPercent(contentBytes === 0 ? 0 : bytes / contentBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {manifest.omitted.length > 0 && (
        <p class="muted">Not in it: {manifest.omitted.map(({ what, reason }) => `${what} (${reason})`).join(', ')}.</p>
      )}
    </section>
  );
}

function Redactions({ preview }: { readonly preview: IncidentPreview }): VNode {
  const { redactions } = preview;
  return (
    <section class="result-block">
      <h2>Redaction</h2>
      {redactions.length === 0 && <p class="muted">Nothing had to be replaced.</p>}
      {redactions.length > 0 && (
        <table class="rows">
          <thead>
            <tr>
              <th>What</th>
              <th class="end">Times</th>
              <th>Before</th>
              <th>After</th>
            </tr>
          </thead>
          <tbody>
            {redactions.flatMap(({ kind, count, examples }) =>
              (examples.length === 0 ? [{ before: '', after: '' }] : examples).map(({ before, after }, at) => (
                <tr key={`${kind}${at}`}>
                  <td>{at === 0 ? redactionWords[kind] : ''}</td>
                  <td class="end number">{at === 0 ? formatCount(count) : ''}</td>
                  <td class="example" title={before}>
                    {before}
                  </td>
                  <td class="example" title={after}>
                    {after}
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      )}
      <p class="muted">Examples are for your eyes: they are not part of the bundle.</p>
    </section>
  );
}

function localTime(iso: string): string {
  return toMinute(Date.parse(iso));
}
