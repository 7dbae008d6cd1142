import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { startAuthorizationServer } from './authorization-server.ts';
import { CA_FILE, startTlsFront } from './https.ts';
import { startLatency } from './latency.ts';
import { closeServer, listenOnLoopback } from './listen.ts';
import { startProxy } from './proxy.ts';

const closing: (() => Promise<void>)[] = [];

function closeLater<T extends { readonly close: () => Promise<void> }>(resource: T): T {
  closing.push(resource.close);
  return resource;
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A process of its own, as NODE_EXTRA_CA_CERTS is read when Node begins. */
async function fetchIn(env: Readonly<Record<string, string>>, url: string): Promise<string> {
  const script = `fetch(process.argv[1]).then((r) => r.text()).then(console.log, (e) => console.log('failed', e.cause?.code ?? e.cause?.message))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, url], { env });
  return stdout.trim();
}

describe('the TLS front', () => {
  it('serves the authorization server under its public https origin to who trusts the CA, and to nobody else', async () => {
    const front = closeLater(await startTlsFront());
    const server = closeLater(await startAuthorizationServer({ publicOrigin: front.origin }));
    front.forwardTo(server.listeningOrigin);
    const url = `${front.origin}/.well-known/openid-configuration`;
    const metadata = JSON.parse(await fetchIn({ NODE_EXTRA_CA_CERTS: CA_FILE }, url)) as Record<string, unknown>;
    expect(metadata).toMatchObject({ issuer: front.origin, registration_endpoint: `${front.origin}/reg` });
    expect(await fetchIn({}, url)).toMatch(/^failed .*(CERT|ISSUER|VERIFY|SIGNATURE)/);
    expect(server.count({})).toBe(1);
    const registration = (await (
      await fetch(`${server.listeningOrigin}/reg`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['https://app.example.org/cb'] }),
      })
    ).json()) as Record<string, unknown>;
    expect(registration.registration_client_uri).toBe(`${front.origin}/reg/${registration.client_id}`);
  });

  it('ends connections while nothing is behind it', async () => {
    const front = closeLater(await startTlsFront());
    expect(await fetchIn({ NODE_EXTRA_CA_CERTS: CA_FILE }, front.origin)).toMatch(/^failed/);
  });
});

describe('the proxy', () => {
  const proxied = (url: string) => ({ NODE_EXTRA_CA_CERTS: CA_FILE, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: url });

  it('leads names to this machine and logs what was asked for', async () => {
    const front = closeLater(await startTlsFront({ host: 'auth.example.org' }));
    const server = closeLater(await startAuthorizationServer({ publicOrigin: front.origin }));
    front.forwardTo(server.listeningOrigin);
    const proxy = closeLater(await startProxy({ routes: { 'auth.example.org': front.port } }));
    const answer = await fetchIn(proxied(proxy.url), 'https://auth.example.org/.well-known/openid-configuration');
    expect(JSON.parse(answer)).toMatchObject({ issuer: 'https://auth.example.org' });
    expect(proxy.targets).toEqual(['auth.example.org:443']);
  });

  it('lets nothing out to the network', async () => {
    const proxy = closeLater(await startProxy());
    expect(await fetchIn(proxied(proxy.url), 'https://elsewhere.example.org/')).toMatch(/^failed/);
    expect([proxy.targets, proxy.refused()]).toEqual([[], 1]);
  });

  it('demands its credentials', async () => {
    const front = closeLater(await startTlsFront({ host: 'auth.example.org' }));
    const server = closeLater(await startAuthorizationServer({ publicOrigin: front.origin }));
    front.forwardTo(server.listeningOrigin);
    const proxy = closeLater(
      await startProxy({
        routes: { 'auth.example.org': front.port },
        credentials: { user: 'runner', password: 'pass' },
      }),
    );
    const url = 'https://auth.example.org/jwks';
    expect(await fetchIn(proxied(proxy.url.replace('runner:pass@', '')), url)).toMatch(/^failed/);
    expect(await fetchIn(proxied(proxy.url), url)).toContain('keys');
    expect([proxy.targets.length, proxy.refused()]).toEqual([1, 1]);
  });
});

describe('the latency front', () => {
  it('adds a round trip per connection and per request, counts both, and changes nothing else', async () => {
    const front = closeLater(await startLatency({ roundTripMs: 40 }));
    const server = createServer(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      res.end(Buffer.concat(chunks));
    });
    front.forwardTo(`http://127.0.0.1:${await listenOnLoopback(server)}`);
    closing.push(() => closeServer(server));

    const body = 'x'.repeat(300_000);
    const startedAt = performance.now();
    for (let round = 0; round < 3; round += 1) {
      const response = await fetch(front.origin, { method: 'POST', body });
      expect(await response.text()).toBe(body);
    }
    const tookMs = performance.now() - startedAt;
    expect(front.requests()).toBe(3);
    expect(front.roundTrips()).toBe(front.connections() + 3);
    expect(tookMs).toBeGreaterThanOrEqual(front.roundTrips() * 40 - 5);
    front.reset();
    expect(front.roundTrips()).toBe(0);
  });
});
