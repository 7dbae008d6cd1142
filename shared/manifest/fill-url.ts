import { isLoopbackHttp } from '../http/secure-url.ts';
import { cutTemplate, type Filled, type TemplateContext, templateValue } from './fill-template.ts';
import { quoted } from './problems.ts';

// RFC 1123 section 2.1, without the labels that are read as punycode.
const DNS_LABEL = /^(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const SPECIAL_SCHEMES = ['http', 'https', 'ws', 'wss', 'ftp', 'file'];

const fault = (message: string, expected?: string): Filled => ({
  kind: 'fault',
  fault: { message, ...(expected === undefined ? {} : { expected }) },
});

/** The `url` of a run as it may begin a URL: origin and path, without a final slash. */
function appUrl(text: string, insecureLoopback: boolean): Filled {
  const expected = 'an https URL such as https://app.example.com';
  if (!/^https?:\/\/[^\s\\/?#]/i.test(text) || /[\s\\]/u.test(text) || !URL.canParse(text)) {
    return fault('uses ${url}, whose value is not an https URL', expected);
  }
  const url = new URL(text);
  if (url.protocol === 'http:' && !(insecureLoopback && isLoopbackHttp(text))) {
    return fault('uses ${url}, whose value is http', expected);
  }
  if (url.username !== '' || url.password !== '' || /[?#]/u.test(text)) {
    return fault('uses ${url}, whose value has a user name, a query or a fragment', expected);
  }
  if (/%(?:2f|5c|2e)/i.test(url.pathname)) return fault('uses ${url}, whose path hides a slash or a dot', expected);
  return { kind: 'filled', text: url.origin + url.pathname.replace(/(?<!\/)\/+$/u, '') };
}

/** Percent-encodes everything but letters, digits and `-._~` (RFC 3986 section 2.3). */
function encodeValue(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

type Position = 'start' | 'host' | 'after-host';

/** Where in a URL the text ends that is already written. */
function positionAfter(written: string): Position | Filled {
  const scheme = SCHEME.exec(written)?.[1];
  if (scheme === undefined) return 'start';
  const rest = written.slice(scheme.length + 1);
  if (/^\/\/[^/?#]*$/u.test(rest)) return 'host';
  if (SPECIAL_SCHEMES.includes(scheme.toLowerCase()) && !/^\/\/[^/?#\\]/u.test(rest)) {
    return fault(`has no host after ${scheme}:`, `${scheme}://host/…`);
  }
  return 'after-host';
}

function asLabel(value: string, { before, after }: { readonly before: string; readonly after: string }): Filled {
  if (!/(?:\/\/|\.)$/u.test(before) || !/^\.[a-z0-9]/i.test(after)) {
    return fault('puts a value into a host name where it is not one whole label', 'https://${name}.example.com/…');
  }
  if (!DNS_LABEL.test(value)) {
    return fault(
      `puts ${quoted(value)} into a host name`,
      'letters, digits and hyphens only, at most 63, with no hyphen at either end',
    );
  }
  return { kind: 'filled', text: value.toLowerCase() };
}

function fillName(
  name: string,
  place: { readonly before: string; readonly after: string; readonly origin: boolean },
  options: UrlOptions,
): Filled {
  const value = templateValue(name, options.context);
  if (value.kind === 'fault') return value;
  if (place.before === '' && name === 'url') {
    if (place.after !== '' && !/^[/?#]/u.test(place.after))
      return fault('goes on after ${url} without a slash', '${url}/…');
    return appUrl(value.text, options.insecureLoopback);
  }
  if (/%[0-9a-f]?$/i.test(place.before))
    return fault('lets a value complete a percent-encoded character', 'a value of its own');
  const position = place.origin ? 'after-host' : positionAfter(place.before);
  if (typeof position !== 'string') return position;
  if (position === 'start') return fault('begins with a value', '${url}/…, or a literal scheme and host');
  if (position === 'host') return asLabel(value.text, place);
  if (/\p{Surrogate}/u.test(value.text)) return fault(`uses \${${name}}, whose value is not valid Unicode`);
  return { kind: 'filled', text: encodeValue(value.text) };
}

/** The parts of a URL that a filled-in value must leave as they are. */
function shape(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return JSON.stringify([
    url.protocol,
    url.username + url.password,
    url.host.split('.').length,
    url.port,
    url.pathname.split('/').map((segment) => segment === ''),
    url.search === '',
    url.hash === '',
  ]);
}

export type UrlOptions = { readonly context: TemplateContext; readonly insecureLoopback: boolean };

/**
 * Fills a template whose result is a URL, so that no value can change what the URL points to.
 *
 * `${url}` may begin it. Any other value is percent-encoded, and in a host it can only be one whole DNS label in
 * front of a literal domain. A value that would end a path segment, add one or step out of one is a fault.
 */
export function fillUrl(text: string, options: UrlOptions): Filled {
  const pieces = cutTemplate(text);
  if ('message' in pieces) return { kind: 'fault', fault: pieces };
  const [first] = pieces;
  const origin = first?.kind === 'name' && first.name === 'url';
  let filled = '';
  let skeleton = '';
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'literal') {
      filled += piece.text;
      skeleton += piece.text;
      continue;
    }
    const after = pieces
      .slice(index + 1)
      .map((next) => (next.kind === 'literal' ? next.text : 'x'))
      .join('');
    const value = fillName(piece.name, { before: filled, after, origin }, options);
    if (value.kind === 'fault') return value;
    filled += value.text;
    skeleton += index === 0 ? value.text : 'x';
  }
  if (pieces.every(({ kind }) => kind === 'literal')) return { kind: 'filled', text: filled };
  const wanted = shape(skeleton);
  if (wanted === undefined) return fault('is not a URL', '${url}/…, or a literal scheme and host');
  if (shape(filled) !== wanted)
    return fault('has a value that changes where the URL points to', 'a value without dots and slashes');
  return { kind: 'filled', text: filled };
}
