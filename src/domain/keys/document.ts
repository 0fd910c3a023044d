import { formatBytes, formatCount } from '../format.ts';
import { sizeOf, type Content } from './content.ts';
import { textOfContent } from './documentText.ts';
import { hexDump } from './hexDump.ts';
import { textForm } from './roundTrip.ts';
import { valueLanguage, type ValueLanguage } from './valueLanguage.ts';

export type DocumentLanguage = ValueLanguage | 'collection' | 'hex';

/** A value as a text document. */
export interface KeyDocument {
  readonly text: string;
  readonly language: DocumentLanguage;
  /** Why it cannot be edited, as a sentence; null = it can. */
  readonly readOnly: string | null;
}

export interface DocumentSource {
  readonly content: Content;
  readonly truncated: boolean;
  /** The last element shown is the beginning of a larger one. Default false. */
  readonly lastIsCut?: boolean;
  /** Elements in all; of a string, bytes. */
  readonly size: number;
}

/** A hex dump is five times as long as its bytes, and nobody reads more of one. */
const maxHexBytes = 64 << 10;

/** How a value stands in an editor, and whether saving it could be exact. */
export function documentOf(source: DocumentSource): KeyDocument {
  const { content } = source;
  if (content.type !== 'string') {
    return { text: textOfContent(content) ?? '', language: 'collection', readOnly: cutReason(source) };
  }
  const form = textForm(content.bytes);
  if (form.kind === 'hex') {
    const shown = content.bytes.subarray(0, maxHexBytes);
    const cut =
      shown.length < source.size
        ? ` The first ${formatBytes(shown.length)} of ${formatBytes(source.size)} are shown.`
        : '';
    return { text: hexDump(shown), language: 'hex', readOnly: `Shown in hex, because ${form.reason}.${cut}` };
  }
  const language = source.truncated ? 'text' : valueLanguage(form.text);
  if (source.truncated) return { text: form.text, language, readOnly: cutReason(source) };
  return {
    text: form.text,
    language,
    readOnly: form.kind === 'editable' ? null : `Not editable, because ${form.reason}.`,
  };
}

function cutReason({ content, truncated, lastIsCut, size }: DocumentSource): string | null {
  if (!truncated) return null;
  const [shown, all] =
    content.type === 'string'
      ? [formatBytes(content.bytes.length), formatBytes(size)]
      : [formatCount(sizeOf(content)), `${formatCount(size)} elements`];
  const last = lastIsCut === true ? ', the last of them cut,' : '';
  return `Only the first ${shown} of ${all}${last} are shown (cachify.keys.maxDocumentBytes).`;
}
