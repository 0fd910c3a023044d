import { lineOfJsonError } from './jsonError.ts';

const token = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gu;

/**
 * The same JSON with one element per line. Works on the text alone: numbers keep every digit, strings their escapes,
 * repeated names stay. Null when the text is not JSON.
 */
export function formattedJson(text: string, indent: string): string | null {
  if (lineOfJsonError(text) !== null) return null;
  let out = '';
  let depth = 0;
  let justOpened = false;
  const lineEnd = () => `\n${indent.repeat(depth)}`;
  for (const [part] of text.matchAll(token)) {
    if (part === ',') out += `,${lineEnd()}`;
    else if (part === ':') out += ': ';
    else if (part === ']' || part === '}') {
      depth--;
      out += justOpened ? part : lineEnd() + part;
      justOpened = false;
    } else {
      out += justOpened ? lineEnd() + part : part;
      justOpened = part === '[' || part === '{';
      if (justOpened) depth++;
    }
  }
  return out;
}
