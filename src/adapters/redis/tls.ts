import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type { Credentials } from '../../app/ports/redis.ts';
import type { TlsOptions } from '../../domain/connections/definition.ts';

const pem = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * TLS as a definition asks for it. Chain and name are verified unless the definition says otherwise; the name is the
 * one that the definition expects, also when the socket itself goes to a tunnel's end on 127.0.0.1.
 */
export function tlsOptions(tls: TlsOptions, host: string, credentials: Credentials): ConnectionOptions {
  const name = tls.servername ?? host;
  const passphrase = credentials.secret.keyPassphrase;
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(credentials.ca === undefined ? {} : { ca: pem(credentials.ca) }),
    ...(credentials.cert === undefined ? {} : { cert: pem(credentials.cert) }),
    ...(credentials.key === undefined ? {} : { key: pem(credentials.key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}
