import type { VNode } from 'preact';
import { formatPercent } from '../../src/domain/format.ts';

interface ProgressBarProps {
  /** 0..1 */
  readonly share: number;
  /** Said by screen readers. */
  readonly label: string;
  /** What screen readers count by; percent when absent. */
  readonly counted?: { readonly done: number; readonly of: number };
}

/** How much of something is done. Widths come as attributes: the pages allow no inline styles. */
export function ProgressBar({ share, label, counted }: ProgressBarProps): VNode {
  return (
    <div
      class="progress-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={counted?.of ?? 100}
      aria-valuenow={counted?.done ?? Math.round(share * 100)}
      title={formatPercent(share)}
    >
      <svg width="100%" height="8" preserveAspectRatio="none" viewBox="0 0 1000 8" aria-hidden="true">
        <rect class="progress-bar-done" x="0" y="0" height="8" width={share * 1000} />
      </svg>
    </div>
  );
}
