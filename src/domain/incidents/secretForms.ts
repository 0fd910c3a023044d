import { toBase64, utf8, type Bytes } from '../bytes.ts';
import { display } from '../display.ts';

/** Shorter texts stand in any file by chance: looking for them would find nothing but that. */
export const shortestSecret = 4;
/** An encoded part must be at least so long, so that it does not appear by chance. */
const shortestPart = 6;

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const hexOf = (bytes: Bytes): string => Array.from(bytes, hex).join('');
const json = (text: string): string => JSON.stringify(text).slice(1, -1);

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `encodeURIComponent` throws on lone surrogates, which a secret may hold. */
function percent(text: string): string {
  return encodeURIComponent(text.replace(loneSurrogate, '\ufffd'));
}

function percentLower(text: string): string {
  return percent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

/** As `redis-cli` writes bytes: printable ASCII as it stands, quotes and backslash escaped, the rest as `\xNN`. */
function redisRepr(bytes: Bytes): string {
  const short: Readonly<Record<number, string>> = {
    0x5c: '\\\\',
    0x22: '\\"',
    0x0a: '\\n',
    0x0d: '\\r',
    0x09: '\\t',
    0x07: '\\a',
    0x08: '\\b',
  };
  return Array.from(bytes, (byte) => {
    if (short[byte] !== undefined) return short[byte];
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${hex(byte)}`;
  }).join('');
}

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => htmlEntities[character] ?? character);
}

/**
 * Base64 of the bytes wherever they begin in a longer text: for each of the three alignments, the digits that depend on
 * nothing but these bytes.
 */
export function base64Alignments(bytes: Bytes): string[] {
  return [0, 1, 2].map((before) => {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    const bits = before * 8;
    const first = Math.ceil(bits / 6);
    const whole = Math.floor((bits + bytes.length * 8) / 6);
    return toBase64(shifted).slice(first, whole);
  });
}

const urlSafe = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

/**
 * The ways in which a text gets written: as it stands, and as JSON, URLs, forms, HTML, base64, hexadecimal, Redis, SQL,
 * shells and tables write it. Distinct, the text itself first; none for a text that is too short to look for.
 */
export function encodedForms(text: string): string[] {
  if (text.length < shortestSecret) return [];
  const bytes = utf8(text);
  const aligned = base64Alignments(bytes);
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  const utf16 = Uint8Array.from(units.flatMap((unit) => [unit & 0xff, unit >> 8]));
  const unicode = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  const forms = [
    text,
    json(text),
    json(json(text)),
    percent(text),
    percentLower(text),
    percent(percent(text)),
    percent(text).replaceAll('%20', '+'),
    Array.from(bytes, (byte) => `%${hex(byte).toUpperCase()}`).join(''),
    Array.from(bytes, (byte) => `%${hex(byte)}`).join(''),
    html(text),
    html(text).replaceAll('&#39;', '&apos;'),
    ...aligned,
    ...aligned.map(urlSafe),
    hexOf(bytes),
    hexOf(bytes).toUpperCase(),
    Array.from(bytes, (byte) => `\\x${hex(byte)}`).join(''),
    Array.from(bytes, (byte) => `\\x${hex(byte).toUpperCase()}`).join(''),
    redisRepr(bytes),
    unicode,
    unicode.replace(/[0-9a-f]{4}/g, (code) => code.toUpperCase()),
    String.fromCharCode(...utf16),
    display(utf16),
    text.replaceAll("'", "''"),
    text.replaceAll("'", "'\\''"),
    text.replace(/([^\w@%+=:,./-])/g, '\\$1'),
    text.replaceAll('"', '""'),
    display(text),
  ];
  return [...new Set(forms)].filter((form) => form.length >= Math.min(shortestPart, text.length));
}

/** What a byte search needs: every form as the UTF-8 that a file holds, one character per byte, also inside JSON. */
export function writtenForms(text: string): string[] {
  const forms = encodedForms(text);
  return [...new Set([...forms, ...forms.map(json)].map((form) => String.fromCharCode(...utf8(form))))];
}
