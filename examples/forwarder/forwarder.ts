/**
 * Turns a host's own webhook into one that oauth-registrar takes (Standard Webhooks), where no pull request or branch
 * says that a deploy is gone. Runs wherever `fetch` does; as a Worker of its own: `npx wrangler deploy forwarder.ts`.
 *
 * REGISTRAR_URL     https://registrar.example.org/webhooks/deploy/<repository id>
 * REGISTRAR_SECRET  whsec_…, derived for that repository; see docs/webhooks.md
 * HOST_SECRET       the secret that the host signs its webhooks with
 * HOST_HEADER       the header with the signature, an HMAC of the body in hex: x-host-signature
 * HOST_HASH         SHA-256 unless said; some hosts still sign with SHA-1
 */
export type Settings = {
  readonly REGISTRAR_URL: string;
  readonly REGISTRAR_SECRET: string;
  readonly HOST_SECRET: string;
  readonly HOST_HEADER: string;
  readonly HOST_HASH?: string;
};

type Message =
  | { readonly type: 'deploy.teardown'; readonly data: { readonly environment: string } }
  | { readonly type: 'deploy.rotate'; readonly data: { readonly environment: string; readonly name: string } };

/** What the host's event means. Change this to what your host sends; undefined for events that mean nothing here. */
export function readHostEvent(event: Record<string, unknown>): Message | undefined {
  const { type, environment } = event;
  return type === 'deployment.deleted' && typeof environment === 'string'
    ? { type: 'deploy.teardown', data: { environment } }
    : undefined;
}

export default {
  async fetch(request: Request, settings: Settings): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    if (!(await signedByHost(request.headers.get(settings.HOST_HEADER), body, settings))) {
      return new Response('signature does not fit', { status: 401 });
    }
    const event = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    const message = readHostEvent(event);
    if (message === undefined) return new Response('nothing to forward', { status: 202 });
    // The host's own id, so that an event it sends twice is one here too.
    const id = typeof event.id === 'string' ? event.id : hex(await crypto.subtle.digest('SHA-256', body));
    const { status } = await fetch(settings.REGISTRAR_URL, {
      method: 'POST',
      ...(await signedForRegistrar(id, message, settings)),
    });
    // What is not taken fails here too, so that the host sends it again.
    return new Response(null, { status: status < 300 ? 202 : 502 });
  },
};

async function signedByHost(
  given: string | null,
  body: Uint8Array<ArrayBuffer>,
  { HOST_SECRET, HOST_HASH = 'SHA-256' }: Settings,
): Promise<boolean> {
  const pairs = /^(?:sha\d+=)?((?:[0-9a-f]{2})+)$/iu.exec(given ?? '')?.[1]?.match(/../gu) ?? [];
  const signature = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  const key = await hmacKey(new TextEncoder().encode(HOST_SECRET), HOST_HASH, 'verify');
  return crypto.subtle.verify('HMAC', key, signature, body);
}

async function signedForRegistrar(
  id: string,
  message: Message,
  { REGISTRAR_SECRET }: Settings,
): Promise<{ readonly headers: Record<string, string>; readonly body: string }> {
  const seconds = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({ timestamp: new Date(seconds * 1000).toISOString(), ...message });
  const secret = Uint8Array.from(atob(REGISTRAR_SECRET.replace(/^whsec_/u, '')), (byte) => byte.charCodeAt(0));
  const key = await hmacKey(secret, 'SHA-256', 'sign');
  const signed = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${seconds}.${body}`));
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${btoa(String.fromCharCode(...new Uint8Array(signed)))}`,
    },
    body,
  };
}

function hmacKey(secret: Uint8Array<ArrayBuffer>, hash: string, use: 'sign' | 'verify'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, [use]);
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
