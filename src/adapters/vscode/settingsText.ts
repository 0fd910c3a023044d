import type { JSONPath, ParseError } from 'jsonc-parser';
import type { ConnectionDraft } from '../../domain/connections/definition.ts';

/** One entry of the list to change, to add (`index` = length) or to remove (`entry` undefined). */
export interface EntryChange {
  readonly index: number;
  readonly entry: ConnectionDraft | undefined;
}

/** The list at `path` in the text of a settings file (JSON with comments); undefined when there is none. */
export async function listIn(
  text: string,
  path: readonly string[],
): Promise<{ readonly list: readonly unknown[] | undefined; readonly hasErrors: boolean }> {
  // Loaded on use: most windows never write settings.
  const { parse } = await import('jsonc-parser');
  const errors: ParseError[] = [];
  const parsed: unknown = parse(text, errors, { allowTrailingComma: true });
  const list = at(parsed, path);
  return { list: Array.isArray(list) ? list : undefined, hasErrors: errors.length > 0 };
}

/** The text with one entry changed; fields that stay the same are not touched. */
export async function editedText(
  text: string,
  path: readonly string[],
  list: readonly unknown[],
  change: EntryChange,
): Promise<string> {
  const { applyEdits, modify } = await import('jsonc-parser');
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const tab = /^\t/m.test(text);
  const tabSize = /^( +)\S/m.exec(text)?.[1]?.length ?? 4;
  const formattingOptions = { insertSpaces: !tab, tabSize, eol };
  const put = (all: string, at: JSONPath, value: unknown, isArrayInsertion = false): string =>
    applyEdits(all, modify(all, at, value, { formattingOptions, isArrayInsertion }));

  const { index, entry } = change;
  if (entry === undefined) return put(text, [...path, index], undefined);
  const old = list[index];
  if (typeof old !== 'object' || old === null) return put(text, [...path, index], entry, index === list.length);
  const fields = new Map<string, unknown>(Object.entries(entry));
  for (const name of Object.keys(old)) if (!fields.has(name)) fields.set(name, undefined);
  let edited = text;
  for (const [name, value] of fields) {
    if (JSON.stringify(at(old, [name])) !== JSON.stringify(value)) edited = put(edited, [...path, index, name], value);
  }
  return edited;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (held, name) =>
      typeof held === 'object' && held !== null && Object.hasOwn(held, name) ? Reflect.get(held, name) : undefined,
    value,
  );
}
