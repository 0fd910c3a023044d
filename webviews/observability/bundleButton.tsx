import type { VNode } from 'preact';
import { Button } from '../ui/controls.tsx';
import { hostNowMs } from '../ui/hostClock.ts';
import { act } from './model.ts';

interface BundleButtonProps {
  /** UTC milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly connectionIds: readonly string[];
}

/** Everything about a stretch of time in one file; one that would reach into the future ends now. */
export function BundleButton({ fromMs, toMs, connectionIds }: BundleButtonProps): VNode {
  return (
    <Button
      label="Gather what is known about this time for others"
      onClick={() =>
        act({
          act: 'openIncident',
          from: new Date(fromMs).toISOString(),
          to: new Date(Math.min(toMs, hostNowMs())).toISOString(),
          connectionIds: [...connectionIds],
        })
      }
    >
      Incident bundle…
    </Button>
  );
}
