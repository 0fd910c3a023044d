import { languages, Range, TextEdit, type Disposable } from 'vscode';
import { formattedJson } from '../../domain/keys/jsonFormat.ts';
import { fileSystemScheme } from '../contributions.ts';
import { languageIds } from './documentLanguages.ts';

/** Format Document for JSON values: a person's act, that changes white space and nothing else. */
export function registerJsonFormatter(): Disposable {
  return languages.registerDocumentFormattingEditProvider(
    { scheme: fileSystemScheme, language: languageIds.json },
    {
      provideDocumentFormattingEdits(document, { insertSpaces, tabSize }) {
        const text = document.getText();
        const formatted = formattedJson(text, insertSpaces ? ' '.repeat(tabSize) : '\t');
        if (formatted === null || formatted === text) return [];
        return [TextEdit.replace(new Range(document.positionAt(0), document.positionAt(text.length)), formatted)];
      },
    },
  );
}
