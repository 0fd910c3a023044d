// Certificates made at test time, by openssl, in a folder of their own.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder, removeFolder } from './processes.ts';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly ca: string;
  /** Issues a certificate for DNS names and IP addresses; `days` below zero = expired already. */
  issue(name: string, options: { alt: readonly string[]; days?: number; passphrase?: string }): Certificate;
  remove(): void;
}

function openssl(cwd: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd, stdio: 'pipe' });
}

/** A certificate authority that nobody but the test trusts. */
export function makeAuthority(): Authority {
  const dir = ownFolder('cachify-certs-');
  const path = (name: string): string => join(dir, name);
  openssl(dir, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca.key');
  openssl(dir, 'req', '-x509', '-new', '-key', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=Test CA');
  return {
    ca: path('ca.crt'),
    issue(name, { alt, days = 1, passphrase }) {
      openssl(dir, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
      openssl(dir, 'req', '-new', '-key', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(path(`${name}.ext`), `subjectAltName=${alt.join(',')}\n`);
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
      const files = ['-in', `${name}.csr`, '-out', `${name}.crt`];
      openssl(dir, 'x509', '-req', ...files, ...signed, '-days', String(days));
      if (passphrase === undefined) return { cert: path(`${name}.crt`), key: path(`${name}.key`) };
      const pass = ['-passout', `pass:${passphrase}`];
      openssl(dir, 'ec', '-in', `${name}.key`, '-out', `${name}.enc.key`, '-aes256', ...pass);
      return { cert: path(`${name}.crt`), key: path(`${name}.enc.key`) };
    },
    remove: () => removeFolder(dir),
  };
}

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
