import { showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** True for plain http to this very machine: 127.0.0.1, localhost or [::1], and no name that merely looks like one. */
export function isLoopbackHttp(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && LOOPBACK.has(hostname);
}

/**
 * Parses an address that something may be sent to: absolute, https, without user name or password. With
 * `insecureLoopback`, http to this machine as well.
 *
 * Throws a RegistrarError `url_insecure` for anything else.
 */
export function secureUrl(url: string, insecureLoopback: boolean): URL {
  const fault = insecurity(url, insecureLoopback);
  if (fault === undefined) return new URL(url);
  throw new RegistrarError('url_insecure', { message: `${showUrl(url)} ${fault}`, server: showUrl(url) });
}

/** Why nothing may be sent to an address, in words that follow it; undefined when {@link secureUrl} takes it. */
export function insecurity(url: string, insecureLoopback: boolean): string | undefined {
  if (!URL.canParse(url)) return 'is not an absolute URL';
  const { protocol, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'is written with a user name or password';
  if (protocol === 'https:' || (insecureLoopback && isLoopbackHttp(url))) return undefined;
  return isLoopbackHttp(url) ? 'is not https, and http to this machine is not allowed here' : 'is not https';
}
