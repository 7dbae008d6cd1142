import { request } from 'undici';

/** A person's part of the code flow: from the authorization URL to the app's own address, which is not called. */
export type SignIn = (start: URL, redirectUri: string) => Promise<URL>;

export type Page = { readonly url: URL; readonly html: string };

/** What a user's browser does: it follows redirects and keeps cookies, until it is sent to the app. */
export type UserAgent = {
  /** Opens an address, or sends a form to it; ends at a page or at the app's address. */
  readonly visit: (url: URL, form?: URLSearchParams) => Promise<Page | { readonly callback: URL }>;
};

const MAX_REDIRECTS = 15;
/** A fetch says that a script asks, and is answered with JSON by some. */
const NAVIGATION = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Where nobody is asked anything. */
export const followRedirects: SignIn = async (start, redirectUri) => {
  const reached = await openUserAgent(redirectUri).visit(start);
  if ('callback' in reached) return reached.callback;
  throw new Error(`${reached.url.pathname} answered without a redirect: ${reached.html}`);
};

export function openUserAgent(redirectUri: string): UserAgent {
  const cookies = new Map<string, string>();
  const isCallback = ({ href }: URL) => href === redirectUri || href.startsWith(`${redirectUri}?`);
  return {
    visit: async (start, form) => {
      let [url, body] = [start, form];
      for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const answer = await request(url, {
          headers: { ...NAVIGATION, ...(cookie !== '' && { cookie }), ...(body !== undefined && FORM) },
          ...(body !== undefined && { method: 'POST', body: body.toString() }),
        });
        const html = await answer.body.text();
        for (const line of [answer.headers['set-cookie'] ?? []].flat()) keepCookie(cookies, line);
        const { location } = answer.headers;
        if (typeof location !== 'string') return { url, html };
        const next = new URL(location, url);
        if (isCallback(next)) return { callback: next };
        [url, body] = [next, undefined];
      }
      throw new Error(`no end of redirects after ${MAX_REDIRECTS}`);
    },
  };
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  const expires = attributes.map((attribute) => attribute.trim()).find((attribute) => /^expires=/i.test(attribute));
  const expired = expires !== undefined && Date.parse(expires.slice('expires='.length)) < Date.now();
  if (expired) cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1).trim());
}
