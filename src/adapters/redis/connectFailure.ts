import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';

/** What went wrong while a socket was opened or open, as far as Node tells. */
export type SocketTrouble =
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'reset'
  | 'tls'
  | 'socketFile'
  | 'closed'
  | 'protocol';

interface Explanation {
  readonly trouble: SocketTrouble;
  /** Second half of "Could not reach … : ". */
  readonly because: string;
  readonly next: string;
  readonly retryable: boolean;
}

function explain(trouble: SocketTrouble, because: string, next: string, retryable = true): Explanation {
  return { trouble, because, next, retryable };
}

const byCode: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: explain('dns', 'no such host name is known (DNS)', 'Check the host name, and whether a VPN is needed.'),
  EAI_AGAIN: explain('dns', 'the host name could not be looked up now (DNS)', 'Check the network, then try again.'),
  ECONNREFUSED: explain(
    'refused',
    'nothing listens there (connection refused)',
    'Check host and port, and whether the server runs.',
  ),
  EHOSTUNREACH: explain('unreachable', 'the host cannot be reached', 'Check the network, and whether a VPN is needed.'),
  ENETUNREACH: explain(
    'unreachable',
    'the network cannot be reached',
    'Check the network, and whether a VPN is needed.',
  ),
  ETIMEDOUT: explain('timeout', 'it did not answer in time', 'Check host, port and firewall.'),
  ECONNRESET: explain(
    'reset',
    'the other side cut the connection',
    'Check whether it is a Redis server, and whether it wants TLS.',
  ),
  EPIPE: explain(
    'reset',
    'the other side cut the connection',
    'Check whether it is a Redis server, and whether it wants TLS.',
  ),
  ENOENT: explain('socketFile', 'there is no such socket file', 'Check the path of the socket.', false),
  EACCES: explain('socketFile', 'this user may not open it', 'Check the permissions of the socket file.', false),
  CERT_HAS_EXPIRED: explain('tls', 'its certificate has expired', "Renew the server's certificate.", false),
  CERT_NOT_YET_VALID: explain(
    'tls',
    'its certificate is not valid yet',
    "Check this computer's clock and the server's certificate.",
    false,
  ),
  DEPTH_ZERO_SELF_SIGNED_CERT: explain(
    'tls',
    'its certificate is self-signed and not trusted here',
    'Set tls.caFile to the certificate of its authority.',
    false,
  ),
  SELF_SIGNED_CERT_IN_CHAIN: explain(
    'tls',
    'its certificate comes from an authority that is not trusted here',
    'Set tls.caFile to the certificate of its authority.',
    false,
  ),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: explain(
    'tls',
    'its certificate comes from an authority that is not trusted here',
    'Set tls.caFile to the certificate of its authority.',
    false,
  ),
  UNABLE_TO_GET_ISSUER_CERT: explain(
    'tls',
    'its certificate comes from an authority that is not trusted here',
    'Set tls.caFile to the certificate of its authority.',
    false,
  ),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: explain(
    'tls',
    'its certificate comes from an authority that is not trusted here',
    'Set tls.caFile to the certificate of its authority.',
    false,
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: explain(
    'tls',
    'its certificate is for another name',
    'Set tls.servername to the name in the certificate, if that is the server you mean.',
    false,
  ),
  ERR_SSL_WRONG_VERSION_NUMBER: explain(
    'tls',
    'it does not speak TLS on this port',
    'Use its TLS port, or turn TLS off.',
    false,
  ),
  ERR_SSL_PACKET_LENGTH_TOO_LONG: explain(
    'tls',
    'it does not speak TLS on this port',
    'Use its TLS port, or turn TLS off.',
    false,
  ),
};

const tlsGeneral = explain(
  'tls',
  'the TLS handshake failed',
  'Check the TLS settings: CA, client certificate, key and passphrase.',
  false,
);
const clientCertificate = explain(
  'tls',
  'it wants a client certificate that it trusts',
  'Set tls.certFile and tls.keyFile.',
  false,
);
const localFiles = explain(
  'tls',
  'the CA, certificate or key on this computer could not be used (wrong file, or wrong passphrase)',
  'Check tls.caFile, tls.certFile, tls.keyFile and the passphrase.',
  false,
);
const closed = explain(
  'closed',
  'the other side closed the connection',
  'Check whether it is a Redis server, and whether it wants TLS.',
);

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string') return code;
  // Node tries IPv4 and IPv6 and reports both; the first says enough.
  const inner: unknown = Reflect.get(error, 'errors');
  return Array.isArray(inner) ? codeOf(inner[0]) : '';
}

function explanationOf(error: unknown, secure: boolean): Explanation {
  const code = codeOf(error);
  const known = byCode[code];
  if (known !== undefined) return known;
  if (/ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA)/.test(code)) return clientCertificate;
  if (/^ERR_(OSSL|CRYPTO)/.test(code)) return localFiles;
  return secure && /SSL|TLS|CERT|EPROTO/.test(code) ? tlsGeneral : closed;
}

/**
 * The true cause of a connection that failed, in words. Reads codes of Node only: the text of an error never gets on,
 * since it may carry what was sent.
 */
export function connectFailure(label: string, error: unknown, secure: boolean): Failure {
  if (error instanceof Failure) return error;
  const { trouble, because, next, retryable } = explanationOf(error, secure);
  const code = codeOf(error);
  return new Failure('CONNECTION_FAILED', `Could not connect to ${label}: ${because}.`, {
    retryable,
    details: { trouble, ...(code === '' ? {} : { code: display(code) }) },
    nextAction: next,
  });
}

/** A connection that stood and is gone. */
export function lostFailure(label: string, error: unknown, secure: boolean): Failure {
  if (error instanceof Failure) return error;
  const { trouble, because } = explanationOf(error, secure);
  return new Failure('CONNECTION_FAILED', `The connection to ${label} was lost: ${because}.`, {
    retryable: true,
    details: { trouble },
    nextAction: 'Cachify reconnects by itself; try again when the connection is ready.',
  });
}

/** `handshaking`: the socket stood, and TLS was not agreed on yet. */
export function connectTimeout(label: string, timeoutMs: number, handshaking: boolean): Failure {
  const limit = `within ${timeoutMs.toLocaleString('en-US')} ms`;
  if (handshaking) {
    return new Failure(
      'TIMEOUT',
      `Could not connect to ${label}: it accepted the connection, but no TLS handshake came ${limit}. It may not speak TLS on this port.`,
      {
        retryable: true,
        details: { trouble: 'tls' },
        nextAction: 'Use its TLS port, or turn TLS off.',
      },
    );
  }
  return new Failure('TIMEOUT', `Could not connect to ${label}: it did not answer ${limit}.`, {
    retryable: true,
    details: { trouble: 'timeout' },
    nextAction: 'Check host, port and firewall, or raise timeoutMs.',
  });
}

/** The socket stood, and the server did not say all that a connection has to prove. */
export function handshakeTimeout(label: string, timeoutMs: number): Failure {
  const limit = `${timeoutMs.toLocaleString('en-US')} ms`;
  return new Failure(
    'TIMEOUT',
    `Could not connect to ${label}: it accepted the connection, but did not answer within ${limit}.`,
    {
      retryable: true,
      details: { trouble: 'timeout' },
      nextAction: "Look at the server's load, or raise timeoutMs.",
    },
  );
}

/** The other side answered something that is not Redis's protocol. */
export function protocolFailure(label: string, what: string): Failure {
  return new Failure(
    'CONNECTION_FAILED',
    `${label} sent ${what}, which is not Redis's protocol, so the connection was cut.`,
    {
      details: { trouble: 'protocol' },
      nextAction: 'Check whether a Redis server listens on this port.',
    },
  );
}
