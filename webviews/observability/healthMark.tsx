import type { VNode } from 'preact';
import { healthVerdict, type Condition } from '../../src/domain/observability/health.ts';
import type { ConnectionHealth } from '../../src/domain/observability/overview.ts';
import { Icon } from '../ui/icon.tsx';

const conditionWords: Readonly<Record<Condition, { readonly icon: string; readonly text: string }>> = {
  healthy: { icon: 'pass-filled', text: 'Healthy' },
  attention: { icon: 'warning', text: 'Look' },
  down: { icon: 'error', text: 'Down' },
  unknown: { icon: 'circle-outline', text: 'Not known' },
};

/** How a connection is doing, as shape, colour and words. */
export function HealthMark({ health }: { readonly health: ConnectionHealth }): VNode {
  const { condition, reasons } = healthVerdict(health);
  const { icon, text } = conditionWords[condition];
  return (
    <span class={`health health-${condition}`}>
      <Icon name={icon} />
      <span>
        {text}
        {reasons.length > 0 && <span class="muted">: {reasons.join(', ')}</span>}
      </span>
    </span>
  );
}
