import type { Contract } from '../src/protocol/contract.ts';
import { connect, type ConnectedPage, type Endpoint } from '../src/protocol/wire.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

// VS Code hands it out once per page; nobody else gets it.
const vscode = acquireVsCodeApi();

const endpoint: Endpoint = {
  post: (message) => vscode.postMessage(message),
  listen: (receive) => {
    const onMessage = (event: MessageEvent<unknown>): void => receive(event.data);
    window.addEventListener('message', onMessage);
    return { dispose: () => window.removeEventListener('message', onMessage) };
  },
};

/** The page's end of its contract. */
export function connectToHost<C extends Contract>(): ConnectedPage<C> {
  return connect<C>(endpoint, crypto.randomUUID().slice(0, 13));
}

/** What the page kept before it was hidden or the window reloaded; null when nothing. */
export function keptState(): unknown {
  return vscode.getState() ?? null;
}

export function keepState(state: unknown): void {
  vscode.setState(state);
}
