// Credentials that can be told by how they are written. What a person keeps in SecretStorage is looked for by its own text
// (see redactor.ts); this is for what nobody told us.

export const removed = '[removed]';

/** None of the patterns below matches a text in which this does not. */
const suspicious =
  /:\/\/|auth|pass|secret|token|api.?key|access.?key|setuser|eyJ|AKIA|ASIA|gh[pousr]_|xox|sk-|bearer|basic|AIza|PRIVATE/i;

const credentials: readonly { readonly pattern: RegExp; readonly by: string }[] = [
  // A whole key, also where its line ends were written as \n.
  {
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    by: removed,
  },
  // Everything up to the last @: a password may hold slashes.
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]*@/gi, by: `$1${removed}@` },
  { pattern: /\b(ACL\s+SETUSER)\b.*/gi, by: `$1 ${removed}` },
  { pattern: /\b(HELLO\s+\d+\s+AUTH)\b.*/gi, by: `$1 ${removed}` },
  {
    pattern:
      /\b(AUTH2?|requirepass|masterauth|masteruser|primaryauth|primaryuser|auth-pass|tls-(?:client-)?key-file-pass)(["']?[\s:=]+["']?)[^\s"',;]+(?:[ \t]+[^\s"',;]+)?/gi,
    by: `$1$2${removed}`,
  },
  {
    pattern:
      /\b(pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key)(["']?\s*=\s*["']?|["']\s*:\s*["']?|:\s+)[^\s"',;&]+/gi,
    by: `$1$2${removed}`,
  },
  { pattern: /\b(Bearer|Basic)\s+[\w+/=.~-]{6,}/gi, by: `$1 ${removed}` },
  { pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, by: removed },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, by: removed },
  { pattern: /\bgh[pousr]_[A-Za-z0-9]{20,}/g, by: removed },
  { pattern: /\bxox[abeprs]-[\w-]{10,}/g, by: removed },
  { pattern: /\bsk-[\w-]{20,}/g, by: removed },
  { pattern: /\bAIza[\w-]{35}/g, by: removed },
];

/** `text` without URL userinfo, arguments of AUTH and its kind, tokens and private keys, and how many there were. */
export function scrubCredentials(text: string): { readonly text: string; readonly count: number } {
  if (!suspicious.test(text)) return { text, count: 0 };
  let out = text;
  let count = 0;
  for (const { pattern, by } of credentials) {
    out = out.replace(pattern, (...match: (string | number | undefined)[]) => {
      count += 1;
      return by.replace(/\$(\d)/g, (_, group: string) => String(match[Number(group)] ?? ''));
    });
  }
  return { text: out, count };
}
