import type { VNode } from 'preact';
import { formatPercent } from '../../src/domain/format.ts';

/** Widths come as attributes: the page allows no inline styles. */
export function ProgressBar({ progress, label }: { readonly progress: number; readonly label: string }): VNode {
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(progress * 100)}
      title={formatPercent(progress)}
    >
      <svg width="100%" height="8" preserveAspectRatio="none" viewBox="0 0 1000 8" aria-hidden="true">
        <rect class="bar-done" x="0" y="0" height="8" width={progress * 1000} />
      </svg>
    </div>
  );
}
