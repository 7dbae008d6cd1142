import type { Fault } from '../../shared/manifest/problems.ts';
import { isAppScheme, type UrlRule, urlProblem } from '../../shared/manifest/url-problem.ts';
import type { ServerEntry } from '../config/config.ts';
import { fitsHost } from '../config/host-pattern.ts';

/**
 * Why codes, keys or logouts must not go to a URL; undefined when the operator allows its host. Readers of URLs disagree
 * about unusual ones, so that only those pass in which host and port are written as every reader takes them.
 */
export function checkUrl(text: string, rule: UrlRule, entry: ServerEntry): Fault | undefined {
  const fault = urlProblem(text, rule, true);
  if (fault !== undefined) return fault;
  // RFC 9700 section 2.1: compared exactly; servers are seen to take a * for any characters.
  if (text.includes('*')) {
    return { message: 'has a *, which some servers take for any characters', expected: 'the address in full' };
  }
  const url = new URL(text);
  if (isAppScheme(url)) {
    const scheme = url.protocol.slice(0, -1);
    return entry.redirectSchemes.includes(scheme)
      ? undefined
      : { message: `has the scheme ${scheme}, which the operator does not allow at ${entry.name}` };
  }
  const written = text.toLowerCase().replace(/^https?:\/\/([^/?#]*).*$/u, '$1');
  const standardPort = url.protocol === 'https:' ? ':443' : ':80';
  if (written !== url.host && written !== `${url.host}${standardPort}`) {
    return { message: 'has a host in an unusual spelling', expected: url.host };
  }
  return entry.redirectHosts.some((pattern) => fitsHost(pattern, url))
    ? undefined
    : { message: `leads to ${url.host}, which the operator does not allow at ${entry.name}` };
}
