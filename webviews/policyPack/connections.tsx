import type { VNode } from 'preact';
import type { PackSnapshot } from '../../src/protocol/policyPack.ts';
import { Checkbox } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environmentBadge.tsx';
import { Notice } from '../ui/notice.tsx';
import { assign } from './model.ts';

/** Where the pack holds, and what that holds back together with other packs. */
export function Connections({ shown }: { readonly shown: PackSnapshot }): VNode {
  const { connections, packId, source, warnings } = shown;
  return (
    <section class="block" aria-label="Connections">
      <h2>Holds on</h2>
      {packId === null && <p class="muted">Save the pack first, then choose the connections on which it holds.</p>}
      {packId !== null && connections.length === 0 && <p class="muted">There is no connection yet.</p>}
      {packId !== null &&
        connections.map(({ uid, name, environment, held }) => (
          <div class="held" key={uid}>
            {source === 'settings' ? (
              <span>
                {name} {held ? '' : <span class="muted">(not named by the pack)</span>}
              </span>
            ) : (
              <Checkbox checked={held} onChange={(on) => void assign(uid, on)}>
                {name}
              </Checkbox>
            )}
            <EnvironmentBadge environment={environment} />
          </div>
        ))}
      {warnings.map((warning) => (
        <Notice key={warning} kind="warning">
          {warning}
        </Notice>
      ))}
    </section>
  );
}
