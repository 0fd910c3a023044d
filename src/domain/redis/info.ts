import { textOf, type Bytes } from '../bytes.ts';

/** Fields of INFO by name. Free text of the server: what is shown goes through `display()`. */
export type InfoFields = ReadonlyMap<string, string>;

const maxBytes = 1 << 20;
const maxFields = 10_000;
const maxFieldLength = 4096;

/**
 * Reads an INFO answer (or any `name:value` lines). Total: any bytes give a map; sections, unknown fields and lines
 * without a colon are skipped, the first of equal names wins, and what exceeds 1 MiB, 10,000 fields or 4,096
 * characters per line is left out.
 */
export function parseInfo(answer: Bytes | string): InfoFields {
  const text = typeof answer === 'string' ? answer.slice(0, maxBytes) : asText(answer.subarray(0, maxBytes));
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (fields.size >= maxFields) break;
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith('#') || line.length > maxFieldLength) continue;
    const name = line.slice(0, colon);
    if (!fields.has(name)) fields.set(name, line.slice(colon + 1));
  }
  return fields;
}

function asText(bytes: Bytes): string {
  const whole = textOf(bytes);
  if (whole !== null) return whole;
  // One byte per character: the lines stay apart, and a free-text field that is not UTF-8 harms no other.
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** A field as a finite number; null when it is absent or none. */
export function infoNumber(fields: InfoFields, name: string): number | null {
  const text = fields.get(name);
  if (text === undefined || !/^-?\d+(\.\d+)?$/.test(text.trim())) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** The `key=value,key=value` parts of a field such as `db0` or `cmdstat_get`. */
export function infoParts(field: string | undefined): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of (field ?? '').split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) parts.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return parts;
}

/** Fields of one `CLIENT INFO` or `CLIENT LIST` line: `name=value` separated by spaces. */
export function parseClientLine(line: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of line.slice(0, maxFieldLength).split(' ')) {
    const equals = part.indexOf('=');
    if (equals > 0) fields.set(part.slice(0, equals), part.slice(equals + 1).trim());
  }
  return fields;
}
