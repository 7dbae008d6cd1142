/** What is known of a fetch that gave no answer. */
export type FetchFailure = {
  /** `not-sent`: no connection came about. `untrusted`: none, because of the certificate or TLS. `unclear`: the request may have arrived. */
  readonly kind: 'not-sent' | 'untrusted' | 'unclear';
  /** In words, with the platform's code where it has one; never the platform's own message, which can quote headers. */
  readonly reason: string;
};

const NOT_SENT = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ENOTFOUND', 'the host name is unknown'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['EHOSTUNREACH', 'there is no route to the host'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['EADDRNOTAVAIL', 'the network cannot be reached'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the connection was not accepted in time'],
]);
const CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;
const HANDSHAKE =
  /^ERR_(?:TLS_|SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL|.*(?:HANDSHAKE_FAILURE|PROTOCOL_VERSION|UNRECOGNIZED_NAME))$)/;
const CONNECTING = new Set(['connect', 'getaddrinfo']);
// Failures that carry no telling code: a proxy's refusal, a TLS handshake cut short, a port that fetch blocks.
const NOT_SENT_MESSAGE =
  /^(?:Proxy response \((\d{3})\)|Client network socket disconnected before secure TLS connection|bad port$)/;
const DEPTH = 6;

/**
 * Tells from a rejected fetch whether the request can have reached the server. Only what is known to happen before
 * anything is sent counts as `not-sent`.
 */
export function readFetchFailure(error: unknown): FetchFailure {
  const links = chain(error);
  for (const { code, syscall, message } of links) {
    if (CERTIFICATE.test(code)) return { kind: 'untrusted', reason: `its certificate is not trusted (${code})` };
    if (HANDSHAKE.test(code)) return { kind: 'untrusted', reason: `no secure connection could be agreed on (${code})` };
    const words = NOT_SENT.get(code) ?? (CONNECTING.has(syscall) ? 'the connection could not be made' : undefined);
    if (words !== undefined) return { kind: 'not-sent', reason: withCode(words, code) };
    const silent = NOT_SENT_MESSAGE.exec(message);
    if (silent !== null) return { kind: 'not-sent', reason: reasonWithoutCode(silent) };
  }
  const code = links.find((link) => link.code !== '')?.code ?? '';
  return { kind: 'unclear', reason: withCode('the connection broke', code) };
}

function reasonWithoutCode(match: RegExpExecArray): string {
  if (match[1] !== undefined) return `the proxy refused to connect (${match[1]})`;
  return match[0] === 'bad port' ? 'fetch does not allow this port' : 'the secure connection was cut short';
}

function withCode(words: string, code: string): string {
  return code === '' ? words : `${words} (${code})`;
}

type Link = { readonly code: string; readonly syscall: string; readonly message: string };

function chain(error: unknown): Link[] {
  const links: Link[] = [];
  let next = error;
  while (typeof next === 'object' && next !== null && links.length < DEPTH) {
    const { code, syscall, message, cause, errors } = next as Readonly<Record<string, unknown>>;
    links.push({ code: symbol(code), syscall: symbol(syscall), message: typeof message === 'string' ? message : '' });
    next = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return links;
}

function symbol(value: unknown): string {
  return typeof value === 'string' && /^\w{1,60}$/.test(value) ? value : '';
}
