import type { Secret } from './definition.ts';
import { closed, Problems, type Read } from './fields.ts';
import { invalidConnection } from './validate.ts';

const part: Read<string> = (value, at, problems) =>
  typeof value === 'string' && value.length <= 10_000
    ? value
    : problems.add(at, 'must be text of at most 10,000 characters');

const secret = closed<Secret>({ password: part, sentinelPassword: part, keyPassphrase: part }, []);

/** Reads a secret as a caller of the API gives it; an empty part is the same as none. @throws Failure VALIDATION_ERROR */
export function validateSecret(value: unknown): Secret {
  const problems = new Problems();
  const read = secret(value ?? {}, 'secret', problems);
  if (read === undefined) throw invalidConnection(problems.found);
  return Object.fromEntries(Object.entries(read).filter(([, text]) => text !== ''));
}

export function isEmptySecret(value: Secret): boolean {
  return Object.values(value).every((text) => text === undefined || text === '');
}

/** What is kept after an edit: a part that was left blank stays as it was. */
export function mergedSecret(kept: Secret, given: Secret): Secret {
  return { ...kept, ...given };
}

/** The stored form of a secret; null when the text is not one (another program's, or damaged). */
export function parseStoredSecret(text: string): Secret | null {
  try {
    const problems = new Problems();
    return secret(JSON.parse(text), 'secret', problems) ?? null;
  } catch {
    return null; // not JSON: the caller asks the person again
  }
}
