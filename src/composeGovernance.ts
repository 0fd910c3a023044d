import { Disposable } from 'vscode';
import type { ConnectionService } from './app/connections/connectionService.ts';
import { GovernanceService } from './app/governance/governanceService.ts';
import { Policies, type PoliciesParts } from './app/governance/policies.ts';
import type { Settings } from './app/ports/environment.ts';
import type { Stores } from './app/ports/stores.ts';

export interface GovernanceNeeds extends Omit<PoliciesParts, 'store' | 'definitionOf' | 'onDidChange'> {
  readonly connections: ConnectionService;
  readonly settings: Settings;
  readonly stores: Stores;
}

/** What decides, and what manages the packs that it decides by. */
export function composeGovernance(needs: GovernanceNeeds): { policies: Policies; governance: GovernanceService } {
  const { connections, settings, stores, ...rest } = needs;
  const parts = {
    ...rest,
    store: stores.governance,
    definitionOf: (connectionId: string) => connections.definitionOf(connectionId),
    onDidChange: (listener: () => void) =>
      Disposable.from(
        stores.onDidChange((store) => void (store === 'control' && listener())),
        settings.onDidChange(listener),
        connections.onDidChange(listener),
      ),
  };
  const policies = new Policies(parts);
  const governance = new GovernanceService({
    ...parts,
    policies,
    definitions: () => connections.views().flatMap(({ entry }) => (entry.usable ? [entry.definition] : [])),
  });
  return { policies, governance };
}
