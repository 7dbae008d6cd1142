/** Hosts that may be in a redirect URI, as the operator lists them. */
export type HostPattern = {
  /** As written, in small letters. */
  readonly text: string;
  /** Without port. In a wildcard, one `*` in the first label. */
  readonly host: string;
  /** Empty for the scheme's own port; for this machine, for every port. */
  readonly port: string;
};

/** What is wrong with a host as it is written. */
export type HostFault = { readonly message: string; readonly expected: string };

const HOST = /^(?:[a-z0-9*.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Anybody can have a name directly below these, so a wildcard there fits the hosts of strangers. */
const OPEN_TO_ALL = new Set([
  'azurewebsites.net',
  'cloudfront.net',
  'firebaseapp.com',
  'fly.dev',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'netlify.app',
  'ngrok.app',
  'ngrok-free.app',
  'onrender.com',
  'pages.dev',
  'surge.sh',
  'trycloudflare.com',
  'vercel.app',
  'web.app',
  'workers.dev',
]);

/** Reads `app.example.org`, `app.example.org:8443`, `*.example.org` or `app-*-team.example.org`, or says what is wrong. */
export function readHostPattern(written: string): HostPattern | HostFault {
  const text = written.toLowerCase();
  const [firstLabel = ''] = text.split('.');
  const stars = text.split('*').length - 1;
  if (stars > 1 || (stars === 1 && !firstLabel.includes('*'))) {
    return { message: 'has a * outside its first label, or more than one', expected: 'such as *.example.org' };
  }
  const probe = `https://${text.replace('*', 'a')}`;
  const url = URL.canParse(probe) ? new URL(probe) : undefined;
  const host = text.replace(/:\d{1,5}$/, '');
  if (url === undefined || !/^[^/?#@\\\s%]*[^/?#@\\\s%.]$/.test(host)) {
    return { message: 'is not a host', expected: 'a host alone, such as app.example.org' };
  }
  if (!HOST.test(text) || url.hostname !== host.replace('*', 'a')) {
    return { message: 'is not written as a URL has it', expected: url.hostname };
  }
  const parent = host.slice(firstLabel.length + 1);
  if (stars === 1 && !parent.includes('.')) {
    return { message: 'fits the hosts of strangers', expected: 'at least two labels after the one with *' };
  }
  if (firstLabel === '*' && OPEN_TO_ALL.has(parent)) {
    return { message: 'fits the hosts of strangers', expected: `a narrower pattern, such as app-*-team.${parent}` };
  }
  return { text, host, port: url.port };
}

/** Whether a parsed URL is at a host that the pattern allows, by https; at this machine also by http and on any port (RFC 8252 section 7.3). */
export function fitsHost({ host, port }: HostPattern, url: URL): boolean {
  const loopback = LOOPBACK.has(host);
  if (url.protocol !== 'https:' && !(loopback && url.protocol === 'http:')) return false;
  if (url.port !== port && !(loopback && port === '')) return false;
  if (!host.includes('*')) return url.hostname === host;
  const [before = '', after = ''] = host.replaceAll('.', '\\.').split('*');
  return new RegExp(`^${before}[a-z0-9-]+${after}$`).test(url.hostname);
}
