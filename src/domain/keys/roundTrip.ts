import { textOf, type Bytes } from '../bytes.ts';

/** How a string value can stand in a text editor without a byte changing unseen. */
export type TextForm =
  | { readonly kind: 'editable'; readonly text: string }
  | { readonly kind: 'readOnly'; readonly text: string; readonly reason: string }
  | { readonly kind: 'hex'; readonly reason: string };

/**
 * Judges whether an editor would give the bytes back that it was given. VS Code keeps one kind of line end per
 * document, drops a byte order mark, offers to strip line separators, and takes a NUL for a binary file: such texts
 * are shown but not edited, and what is not text at all is shown in hex.
 */
export function textForm(bytes: Bytes): TextForm {
  const text = textOf(bytes);
  if (text === null) return { kind: 'hex', reason: 'its bytes are not UTF-8 text' };
  if (text.includes('\0')) return { kind: 'hex', reason: 'it holds NUL bytes' };
  const reason = reasonAgainstEditing(text);
  return reason === null ? { kind: 'editable', text } : { kind: 'readOnly', text, reason };
}

function reasonAgainstEditing(text: string): string | null {
  if (text.startsWith('\ufeff')) return 'it starts with a byte order mark, which an editor would drop';
  if (/\r(?!\n)/.test(text)) return 'it holds a carriage return on its own, which an editor would turn into a line end';
  if (/\r\n/.test(text) && /(?<!\r)\n/.test(text))
    return 'it mixes line ends (CRLF and LF), and an editor would make them one kind';
  if (/[\u2028\u2029]/.test(text)) return 'it holds Unicode line separators, which an editor may strip';
  return null;
}
