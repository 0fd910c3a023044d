import { window, type ExtensionContext } from 'vscode';
import type { CachifyApi } from './api.ts';
import { checkedApi } from './checkedApi.ts';
import { composeServices, type Services } from './compose.ts';
import { composeUi } from './composeUi.ts';

let services: Services | undefined;

/** Constructs, registers, and reads settings only; nothing connects unless `cachify.reconnectOnStartup` says so. */
export function activate(context: ExtensionContext): CachifyApi {
  try {
    services = composeServices(context);
    context.subscriptions.push(composeUi(context, services));
    void services.connections.reconnect();
    return checkedApi(services.api);
  } catch (error) {
    // VS Code shows nothing when an extension fails to start.
    const kind = error instanceof Error ? error.name : typeof error;
    void window.showErrorMessage(`Cachify Studio could not start (${kind}). Reload the window to try again.`);
    throw error;
  }
}

/** A courtesy only: correctness never depends on it. */
export async function deactivate(): Promise<void> {
  await services?.dispose();
}
