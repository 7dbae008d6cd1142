import { isLoopbackHttp } from '../http/secure-url.ts';
import type { Fault } from './problems.ts';

/** What a URL is for, which decides what it may look like. */
export type UrlRule = 'redirect' | 'page' | 'launch' | 'fetched' | 'server' | 'endpoint' | 'origin';

// They run in or read from the browser or machine that opens them, and never come back to an app with a code.
const DANGEROUS_SCHEMES: readonly string[] = [
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'filesystem:',
];

/** Whether a URL uses a scheme of an app instead of http or https (RFC 8252 section 7.1). */
export function isAppScheme(url: URL): boolean {
  return url.protocol !== 'http:' && url.protocol !== 'https:';
}

function schemeFault(url: URL, rule: UrlRule, insecureLoopback: boolean): Fault | undefined {
  if (url.protocol === 'https:') return undefined;
  if (DANGEROUS_SCHEMES.includes(url.protocol))
    return { message: `must not use ${url.protocol}`, expected: 'https://…' };
  if (rule === 'redirect' && isAppScheme(url)) return undefined;
  if (url.protocol !== 'http:') return { message: `must not use ${url.protocol}`, expected: 'https://…' };
  if (rule === 'page') return undefined;
  const local = rule === 'redirect' || rule === 'launch' || insecureLoopback;
  if (local && isLoopbackHttp(url.href)) return undefined;
  return {
    message: 'is http',
    expected: local ? 'https, or http to this machine (localhost or 127.0.0.1)' : 'https',
  };
}

/**
 * What is wrong with a URL that is about to be used or sent; undefined when nothing is. Nothing is normalised,
 * because servers compare redirect URIs as strings (RFC 9700 section 2.1).
 */
export function urlProblem(text: string, rule: UrlRule, insecureLoopback: boolean): Fault | undefined {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return { message: 'is not an absolute URL', expected: 'https://…' };
  if (!/^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})+$/i.test(text)) {
    return {
      message: 'has a character that a URL cannot have (RFC 3986)',
      expected: 'percent-encoding, or punycode in a host',
    };
  }
  if (!URL.canParse(text) || /^https?:(?!\/\/[^/?#])/i.test(text)) {
    return { message: 'is not a valid URL', expected: 'https://host/path' };
  }
  const url = new URL(text);
  const scheme = schemeFault(url, rule, insecureLoopback);
  if (scheme !== undefined) return scheme;
  if (url.username !== '' || url.password !== '')
    return { message: 'has a user name or password', expected: 'a URL without' };
  const [beforeFragment = ''] = text.split('#');
  const [path = ''] = beforeFragment.split('?');
  if (/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path))
    return { message: 'has a . or .. in its path', expected: 'the path itself' };
  // RFC 6749 section 3.1.2; a request_uri may carry a hash of its content (OpenID Connect Registration section 2).
  if (text.includes('#') && (rule === 'redirect' || rule === 'server' || rule === 'endpoint' || rule === 'origin')) {
    return { message: 'has a fragment', expected: 'a URL without #' };
  }
  if (text.includes('?') && (rule === 'server' || rule === 'origin')) {
    return { message: 'has a query', expected: 'a URL without ?' };
  }
  if (rule === 'origin' && url.origin !== text.replace(/\/$/u, '')) {
    return { message: 'is more than an origin', expected: url.origin };
  }
  return undefined;
}
