import { Disposable, EventEmitter, Uri, window, workspace, type TextDocumentContentProvider } from 'vscode';
import { toTextLines } from '../../domain/redis/replyText.ts';

const scheme = 'cachify-reply';

/** Replies of raw commands as read-only documents: never a terminal, so no byte of a server can steer one. */
export class ReplyDocuments implements TextDocumentContentProvider {
  readonly #changes = new EventEmitter<Uri>();
  readonly #texts = new Map<string, string>();
  readonly onDidChange = this.#changes.event;

  register(): Disposable {
    return Disposable.from(
      workspace.registerTextDocumentContentProvider(scheme, this),
      workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) this.#texts.delete(uri.path);
      }),
      this.#changes,
    );
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.path) ?? '';
  }

  /** Opens a reply; the next one with the same title replaces it. */
  async show(title: string, reply: unknown): Promise<void> {
    const path = `/${title.replace(/[^\p{L}\p{N} :._-]/gu, '_')}`;
    const uri = Uri.from({ scheme, path });
    this.#texts.set(path, `${toTextLines(reply).join('\n')}\n`);
    this.#changes.fire(uri);
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
  }
}
