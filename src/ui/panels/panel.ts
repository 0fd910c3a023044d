import { Uri, ViewColumn, window, type Disposable, type Webview, type WebviewPanel } from 'vscode';
import { toBase64Url } from '../../domain/bytes.ts';
import type { Contract, Handlers } from '../../protocol/contract.ts';
import { serve, type Endpoint, type ServedPanel } from '../../protocol/wire.ts';
import { pageHtml } from './html.ts';

/** One open page, as its handlers see it. */
export interface OpenPage<C extends Contract> {
  /** Tells the page, when it is visible; a hidden page misses it and asks `ready` when it shows again. */
  emit: ServedPanel<C>['emit'];
  isVisible(): boolean;
}

export interface PageSession<C extends Contract> {
  readonly handlers: Handlers<C>;
  /** The page was hidden or shown. */
  visibilityChanged?(visible: boolean): void;
  dispose(): void;
}

export interface PanelDefinition<C extends Contract> {
  /** Also the id under which VS Code restores it after a reload. */
  readonly viewType: string;
  readonly title: string;
  /** Folder of `webviews/`, and name of the icons in `media/`. */
  readonly page: string;
  /** Loaded on first use: activation does not pay for schemas. */
  contract(): Promise<C>;
  /** A page was opened or restored; it may be told something only after its first request. */
  session(page: OpenPage<C>): PageSession<C>;
  onRefused(name: string): void;
}

/** A panel of which there is at most one: opened, revealed, restored after a reload. */
export class SinglePanel<C extends Contract> implements Disposable {
  private readonly extensionUri: Uri;
  private readonly definition: PanelDefinition<C>;
  private readonly restoring: Disposable;
  private panel: WebviewPanel | undefined;

  constructor(extensionUri: Uri, definition: PanelDefinition<C>) {
    this.extensionUri = extensionUri;
    this.definition = definition;
    this.restoring = window.registerWebviewPanelSerializer(definition.viewType, {
      deserializeWebviewPanel: (panel) => this.attach(panel),
    });
  }

  async open(preserveFocus = false): Promise<void> {
    if (this.panel !== undefined) return this.panel.reveal(undefined, preserveFocus);
    const { viewType, title } = this.definition;
    await this.attach(window.createWebviewPanel(viewType, title, { viewColumn: ViewColumn.Active, preserveFocus }));
  }

  /** Closes the page when it is open. */
  close(): void {
    this.panel?.dispose();
  }

  dispose(): void {
    this.restoring.dispose();
    this.panel?.dispose();
  }

  private async attach(panel: WebviewPanel): Promise<void> {
    this.panel?.dispose();
    this.panel = panel;
    let disposed = false;
    panel.onDidDispose(() => {
      disposed = true;
      if (this.panel === panel) this.panel = undefined;
    });
    const contract = await this.definition.contract();
    if (disposed) return;
    const { webview } = panel;
    const { page } = this.definition;
    const icon = (theme: 'light' | 'dark'): Uri => Uri.joinPath(this.extensionUri, 'media', `${page}-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    webview.options = {
      enableScripts: true,
      enableForms: false,
      localResourceRoots: [
        Uri.joinPath(this.extensionUri, 'dist', 'webviews'),
        Uri.joinPath(this.extensionUri, 'media'),
      ],
    };
    this.serveInto(panel, contract);
    webview.html = this.html(webview);
  }

  private serveInto(panel: WebviewPanel, contract: C): void {
    const session = this.definition.session({
      emit: (name, payload) => {
        if (panel.visible) served.emit(name, payload);
      },
      isVisible: () => panel.visible,
    });
    const served: ServedPanel<C> = serve(endpointOf(panel.webview), contract, session.handlers, (name) =>
      this.definition.onRefused(name),
    );
    const watching = panel.onDidChangeViewState(() => session.visibilityChanged?.(panel.visible));
    panel.onDidDispose(() => {
      watching.dispose();
      served.dispose();
      session.dispose();
    });
  }

  private html(webview: Webview): string {
    const { page, title } = this.definition;
    const asset = (name: string): string =>
      webview.asWebviewUri(Uri.joinPath(this.extensionUri, 'dist', 'webviews', name)).toString();
    return pageHtml({
      nonce: toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
      cspSource: webview.cspSource,
      scriptUri: asset(`${page}.js`),
      styleUri: asset(`${page}.css`),
      title,
    });
  }
}

function endpointOf(webview: Webview): Endpoint {
  return {
    post: (message) => void webview.postMessage(message),
    listen: (receive) => webview.onDidReceiveMessage(receive),
  };
}
