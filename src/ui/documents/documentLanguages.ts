import { Disposable, languages, window, type TextDocument } from 'vscode';
import type { DocumentLanguage } from '../../domain/keys/document.ts';
import { fileSystemScheme } from '../contributions.ts';
import type { KeyFileSystem } from './keyFileSystem.ts';

/**
 * Languages of our own: their settings keep VS Code from changing a byte while it saves (no auto save, no final line
 * end, no trimming, no formatting), and leave the person's settings for JSON and text alone.
 */
export const languageIds: Readonly<Record<DocumentLanguage, string>> = {
  text: 'cachify-text',
  hex: 'cachify-text',
  json: 'cachify-json',
  xml: 'cachify-xml',
  collection: 'cachify-collection',
};

const ours: ReadonlySet<string> = new Set(Object.values(languageIds));

/** A document that was closed in the same moment needs no colours. */
function closedMeanwhile(): void {}

/**
 * Gives each document that is seen the language of its value; a language that the person chose stays. A document
 * without an editor is left alone: to change its language VS Code reads and opens it again, which would ask for the
 * change once more, without end.
 */
export function colourDocuments(files: KeyFileSystem): Disposable {
  const colour = async (document: TextDocument) => {
    const open = document.uri.scheme === fileSystemScheme ? files.open(document.uri) : undefined;
    if (open === undefined || !ours.has(document.languageId)) return;
    const wanted = languageIds[open.document.language];
    if (document.languageId === wanted) return;
    await languages.setTextDocumentLanguage(document, wanted).then(undefined, closedMeanwhile);
  };
  const colourSeen = (): void => {
    for (const document of new Set(window.visibleTextEditors.map((editor) => editor.document))) void colour(document);
  };
  return Disposable.from(window.onDidChangeVisibleTextEditors(colourSeen), files.onDidChangeValue(colourSeen));
}
