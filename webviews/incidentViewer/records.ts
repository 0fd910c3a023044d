// What stands in the page's data is text that a server or a user may have chosen: it is read as plain facts, field by field.

export type Facts = Readonly<Record<string, unknown>>;

export function factsOf(value: unknown): Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Facts) : {};
}

export function listOf(value: unknown): readonly Facts[] {
  return Array.isArray(value) ? value.map(factsOf) : [];
}

/** A fact as text: words as they stand, anything else as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A fact as words for a cell: `planned 50500 · done 31204`; nothing for what is empty. What has a message says that. */
export function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).filter(Boolean).join('; ');
  if (typeof value !== 'object' || value === null) return textOf(value);
  const { message, packName, code, nextAction } = value as Facts;
  if (typeof message === 'string') {
    const who = textOf(packName ?? code);
    return `${who === '' ? '' : `${who}: `}${message} ${textOf(nextAction)}`.trim();
  }
  return Object.entries(value)
    .map(([name, part]) => [name, wordsOf(part)] as const)
    .filter(([, part]) => part !== '')
    .map(([name, part]) => `${plainName(name)} ${part}`)
    .join(' · ');
}

/** `skippedMissing` as `skipped missing`. */
export function plainName(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `2026-11-22 03:00:00.000` of an ISO time. */
export function utc(value: unknown): string {
  return textOf(value).replace('T', ' ').replace('Z', '');
}
