import { Disposable, window, type ExtensionContext } from 'vscode';
import { checkedApi } from './checkedApi.ts';
import type { Services } from './compose.ts';
import { connectionCommands } from './ui/commands/connections.ts';
import { observabilityCommands } from './ui/commands/observability.ts';
import { registerCommands } from './ui/commands/register.ts';
import { followContext } from './ui/contextKeys.ts';
import { ObservabilityPanel } from './ui/panels/observabilityPanel.ts';
import { createStatusBar } from './ui/statusBar.ts';
import { storeHealthMessage } from './ui/storeMessages.ts';
import type { StoreHealth } from './app/ports/stores.ts';

/** Everything that a person sees, constructed on the use cases. */
export function composeUi(context: ExtensionContext, services: Services): Disposable {
  const { connections, clock, keys, log, stores, trust } = services;
  const observability = new ObservabilityPanel({
    extensionUri: context.extensionUri,
    gate: services.gate,
    stores,
    connections,
    sampler: services.sampler,
    settings: services.settings,
    trust,
    clock,
    log,
    connect: (connectionId) => connections.connect(connectionId),
    keyUri: (connectionId, key) => keys.uri({ connectionId, key }),
  });
  const interactive = {
    ...connectionCommands(connections),
    ...observabilityCommands(observability, services.sampler, connections),
  };
  return Disposable.from(
    followContext(connections),
    createStatusBar(connections, clock),
    observability,
    stores.onDidChangeHealth(tellHealth),
    ...registerCommands(checkedApi(services.api), interactive, log),
  );
}

function tellHealth(health: StoreHealth): void {
  const message = storeHealthMessage(health);
  if (message !== null) void window.showWarningMessage(message);
}
