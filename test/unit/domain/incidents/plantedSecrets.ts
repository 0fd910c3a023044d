// Secrets and the ways in which programs write them, made without the code under test.

/** 40 secrets: random, with quotes, slashes and letters beyond ASCII, short, numeric, and like URLs. */
export const plantedSecrets: readonly string[] = [
  'correct-horse-battery',
  'hunter2hunter2',
  'pa"ss\\wo/rd+x%y',
  "it's a 'secret' one",
  'ünïcödé-pässwörd',
  '4815162342',
  '99887766554433',
  'redis://u:p@h:6379',
  'a b c d e f',
  'tab\tand\nnewline',
  '<b>&amp;"bold"</b>',
  '${jndi:ldap://x}',
  '$(rm -rf /)',
  '`backtick`secret`',
  '%41%42%43-percent',
  '日本語パスワード',
  'emoji-🔑-key-🔒',
  '=cmd|calc!A0',
  '--flag=value--',
  '0x1234abcd5678',
  ...Array.from({ length: 20 }, (_, n) => `s3cr3t/${n}+${'QwErTy'.repeat(1 + (n % 3))}"${n * 7919}\\`),
];

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Base64 of the text in the middle of another one, `before` bytes in. */
function embedded(text: string, before: number, encoding: 'base64' | 'base64url'): string {
  return Buffer.concat([Buffer.from('xyz').subarray(0, before), bytesOf(text), Buffer.from('tail')]).toString(encoding);
}

export const writers: Readonly<Record<string, (secret: string) => string>> = {
  raw: (s) => s,
  json: (s) => JSON.stringify(s),
  'json twice': (s) => JSON.stringify(JSON.stringify(s)),
  url: (s) => encodeURIComponent(s),
  'url, lower case': (s) => encodeURIComponent(s).replace(/%../g, (code) => code.toLowerCase()),
  'url twice': (s) => encodeURIComponent(encodeURIComponent(s)),
  form: (s) => encodeURIComponent(s).replaceAll('%20', '+'),
  'percent, all': (s) => bytesOf(s).toString('hex').toUpperCase().replace(/../g, '%$&'),
  html: (s) => s.replace(/[&<>"']/g, (c) => entities[c] ?? c),
  'base64, 0': (s) => embedded(s, 0, 'base64'),
  'base64, 1': (s) => embedded(s, 1, 'base64'),
  'base64, 2': (s) => embedded(s, 2, 'base64'),
  'base64url, 0': (s) => embedded(s, 0, 'base64url'),
  'base64url, 1': (s) => embedded(s, 1, 'base64url'),
  'base64url, 2': (s) => embedded(s, 2, 'base64url'),
  hex: (s) => bytesOf(s).toString('hex'),
  HEX: (s) => bytesOf(s).toString('hex').toUpperCase(),
  '\\xNN': (s) => bytesOf(s).toString('hex').replace(/../g, '\\x$&'),
  'redis repr': (s) =>
    Array.from(bytesOf(s), (b) =>
      b === 0x5c || b === 0x22
        ? `\\${String.fromCharCode(b)}`
        : b === 10
          ? '\\n'
          : b === 9
            ? '\\t'
            : b >= 32 && b < 127
              ? String.fromCharCode(b)
              : `\\x${b.toString(16).padStart(2, '0')}`,
    ).join(''),
  '\\uNNNN': (s) =>
    Array.from({ length: s.length }, (_, at) => `\\u${s.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  'utf-16le': (s) => Buffer.from(s, 'utf16le').toString('latin1'),
  sql: (s) => s.replaceAll("'", "''"),
  shell: (s) => s.replaceAll("'", "'\\''"),
  csv: (s) => s.replaceAll('"', '""'),
};
