import { textOf } from '../bytes.ts';
import { Failure } from '../failure.ts';
import { contentOf, elementsOf, inOrder, type Content, type ContentType } from './content.ts';
import { lineOfJsonError } from './jsonError.ts';

/**
 * The text of a key's document: a string as it is, a collection as a JSON array with one element per line, in the
 * order of `inOrder`. Null for a string that is not UTF-8: it has no text.
 */
export function textOfContent(content: Content): string | null {
  if (content.type === 'string') return textOf(content.bytes);
  const elements = elementsOf(inOrder(content) as typeof content);
  if (elements.length === 0) return '[]\n';
  return `[\n${elements.map((element) => `  ${jsonLine(element)}`).join(',\n')}\n]\n`;
}

/** JSON on one line, with a space after each comma and every invisible or deceiving character escaped. */
function jsonLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonLine).join(', ')}]`;
  const json = JSON.stringify(value);
  return plain.test(json) ? json : json.replace(unclear, escapeUnits);
}

const plain = /^[ -~]*$/;

// What an editor hides, reorders, or offers to strip (line separators, byte order marks) must not stand in a document bare.
const unclear = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu;

function escapeUnits(character: string): string {
  let escaped = '';
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/**
 * The content that a collection's document text stands for. Rejects with VALIDATION_ERROR that names the line of a
 * JSON error, or the path of an element that Redis could not hold.
 */
export function contentOfText(type: Exclude<ContentType, 'string'>, text: string): Content {
  return contentOf(type, parsed(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const line = lineOfJsonError(text);
    throw new Failure(
      'VALIDATION_ERROR',
      `The document is not valid JSON${line === null ? '' : `: look at line ${line}`}.`,
      {
        details: { path: 'value', ...(line === null ? {} : { line }) },
      },
    );
  }
}
