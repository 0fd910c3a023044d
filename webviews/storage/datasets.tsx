import type { VNode } from 'preact';
import { datasetTitles, rowWords, type KeptDataset } from '../../src/domain/retention/dataset.ts';
import { formatBytes, formatCounted, formatPercent } from '../../src/domain/format.ts';
import {
  growthWords,
  levelOf,
  ratioOf,
  type DatasetReport,
  type StorageReport,
} from '../../src/domain/retention/report.ts';
import { Button } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Sparkline } from '../charts/sparkline.tsx';
import { act, close, open, opened } from './model.ts';
import { PlanView } from './plan.tsx';
import { PolicyForm } from './policy.tsx';
import { Day } from './time.tsx';

/** Each dataset as a bar against its budget, with its course, its age and what holds it. */
export function Datasets({ shown }: { readonly shown: StorageReport }): VNode {
  return (
    <section class="datasets" aria-label="What is kept">
      <Hatching />
      {shown.datasets.map((dataset) => (
        <DatasetView key={dataset.dataset} shown={dataset} />
      ))}
    </section>
  );
}

/** The pattern of what is pinned; bars refer to it. */
function Hatching(): VNode {
  return (
    <svg width="0" height="0" class="visually-hidden" aria-hidden="true">
      <defs>
        <pattern id="pinned" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-ground" width="6" height="6" />
          <rect class="hatch-line" width="2" height="6" />
        </pattern>
      </defs>
    </svg>
  );
}

function DatasetView({ shown }: { readonly shown: DatasetReport }): VNode {
  const { dataset, rows, oldest, newest, retentionDays, autoPurgeOldest } = shown;
  const level = levelOf(shown);
  const growth = rows === 0 ? null : growthWords(shown.growth);
  return (
    <article class={`dataset dataset-${level}`} aria-label={datasetTitles[dataset]}>
      <div class="dataset-line">
        <h2>{datasetTitles[dataset]}</h2>
        {level !== 'fine' && (
          <span class="dataset-level">
            <Icon name={level === 'over' ? 'error' : 'warning'} /> {level === 'over' ? 'over budget' : 'nearly full'}
          </span>
        )}
        <span class="dataset-used number">
          <strong>{formatBytes(shown.bytes)}</strong> of {formatBytes(shown.budgetBytes)}{' '}
          <span class="muted">{formatPercent(ratioOf(shown))}</span>
        </span>
      </div>
      <Bar shown={shown} />
      <div class="dataset-line">
        <p class="dataset-facts">
          <span>{formatCounted(rows, rowWords[dataset])}</span>
          {oldest !== null && newest !== null && (
            <span>
              <Day at={oldest} /> – <Day at={newest} />
            </span>
          )}
          <span class="muted">
            kept {formatCounted(retentionDays, 'day')}
            {!autoPurgeOldest && ', never purged by itself'}
          </span>
          {growth !== null && <span class="muted">{growth}</span>}
        </p>
        <span class="dataset-course" title={`${formatCounted(shown.days.length, 'day')} of history`}>
          {shown.days.length > 1 && (
            <Sparkline values={shown.days.map(({ bytes }) => bytes)} color="blue" atLeast={shown.budgetBytes / 4} />
          )}
        </span>
        <span class="dataset-acts">
          <Toggle dataset={dataset} what="plan" />
          {dataset === 'keySnapshots' ? (
            <Button label="Days and budget of key snapshots" onClick={() => void act('snapshotSettings')}>
              Limits…
            </Button>
          ) : (
            <Toggle dataset={dataset} what="policy" />
          )}
        </span>
      </div>
      {shown.pinned.length > 0 && (
        <p class="dataset-pins">
          <Icon name="pinned" />
          <span>
            {formatBytes(shown.pinnedBytes)} pinned:{' '}
            {shown.pinned
              .map(({ label }) => label)
              .slice(0, 3)
              .join(', ')}
            {shown.pinned.length > 3 && ` and ${shown.pinned.length - 3} more`}
          </span>
        </p>
      )}
      <Detail shown={shown} />
    </article>
  );
}

const acts = { plan: 'Purge…', policy: 'Limits…' } as const;

function Toggle({ dataset, what }: { readonly dataset: KeptDataset; readonly what: 'plan' | 'policy' }): VNode {
  const isOpen = opened.value?.dataset === dataset && opened.value.open === what;
  const words = what === 'plan' ? `Purge ${datasetTitles[dataset]}` : `Days and budget of ${datasetTitles[dataset]}`;
  return (
    <Button label={words} onClick={() => (isOpen ? close() : open({ dataset, open: what, olderThanDays: null }))}>
      {acts[what]}
    </Button>
  );
}

function Detail({ shown }: { readonly shown: DatasetReport }): VNode | null {
  const now = opened.value;
  if (now === null || now.dataset !== shown.dataset) return null;
  return now.open === 'plan' ? <PlanView opened={now} shown={shown} /> : <PolicyForm shown={shown} />;
}

const width = 1000;

/** What is used of the budget; the pinned part is hatched, and what is over stands beyond the mark. */
function Bar({ shown }: { readonly shown: DatasetReport }): VNode {
  const ratio = ratioOf(shown);
  const scale = Number.isFinite(ratio) && ratio > 1 ? 1 / ratio : 1;
  const used = Math.min(1, Number.isFinite(ratio) ? ratio : 1) * scale * width + Math.max(0, 1 - scale) * width;
  const pinned = shown.bytes === 0 ? 0 : Math.min(1, shown.pinnedBytes / shown.bytes) * used;
  const text = `${formatPercent(ratio)} of the budget used${pinned > 0 ? `, ${formatBytes(shown.pinnedBytes)} pinned` : ''}`;
  return (
    <div
      class="usage"
      role="meter"
      aria-label={`${datasetTitles[shown.dataset]}: budget used`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, Math.round((Number.isFinite(ratio) ? ratio : 1) * 100))}
      aria-valuetext={text}
      title={text}
    >
      <svg width="100%" height="10" preserveAspectRatio="none" viewBox={`0 0 ${width} 10`} aria-hidden="true">
        <rect class="usage-used" x="0" y="0" height="10" width={used} />
        {pinned > 0 && <rect x="0" y="0" height="10" width={pinned} fill="url(#pinned)" />}
        {scale < 1 && <rect class="usage-mark" x={scale * width - 1} y="0" height="10" width="2" />}
      </svg>
    </div>
  );
}
