import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { CA_FILE, startTlsFront, type TlsFront } from '../support/https.ts';
import { type Proxy as HttpProxy, startProxy } from '../support/proxy.ts';
import { codesOf, type Step, wholeJob } from './support/built-action.ts';
import { movedClock } from './support/moved-clock.ts';

const HOST = 'fhir.example.org';

let front: TlsFront;
let server: AuthorizationServer;
let proxy: HttpProxy;

beforeAll(async () => {
  front = await startTlsFront({ host: HOST });
  server = await startAuthorizationServer({ publicOrigin: front.origin });
  front.forwardTo(server.listeningOrigin);
  proxy = await startProxy({ routes: { [HOST]: front.port }, credentials: { user: 'ci', password: 'canary-proxy' } });
});

afterAll(() => Promise.all([front.close(), server.close(), proxy.close()]));

const inputs = () => ({
  server: server.fhirBase('r4'),
  type: 'confidential',
  'redirect-uris': 'https://app.example.org/callback',
  'insecure-loopback': 'false',
});

it.each(['HTTPS_PROXY', 'https_proxy'])(
  '%s and NODE_EXTRA_CA_CERTS lead main and post step to a server behind a proxy',
  async (name) => {
    server.reset();
    const before = proxy.targets.length;
    const { main: run, post } = await wholeJob({
      inputs: inputs(),
      env: { [name]: proxy.url, NODE_EXTRA_CA_CERTS: CA_FILE },
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs.issuer).toBe(`https://${HOST}`);
    expect(post).toMatchObject({ exitCode: 0, annotations: [] });
    expect(server.count({ method: 'POST', path: '/reg' })).toBe(1);
    expect(server.count({ method: 'DELETE' })).toBe(1);
    expect(server.clients()).toEqual([]);
    const targets = proxy.targets.slice(before);
    expect(targets.length).toBeGreaterThan(1);
    expect(new Set(targets)).toEqual(new Set([`${HOST}:443`]));
    for (const { stdout, stderr, summary } of [run, post]) {
      expect(stdout + stderr + summary).not.toContain('canary-proxy');
      expect(stderr).not.toMatch(/experimental/iu);
    }
  },
);

it.each<[string, Step['env']]>([
  ['NO_PROXY', { NO_PROXY: '127.0.0.1' }],
  ['no_proxy', { no_proxy: 'internal.example.org,127.0.0.1' }],
])('%s leads past the proxy', async (_, env) => {
  const here = await startTlsFront();
  const behind = await startAuthorizationServer({ publicOrigin: here.origin });
  here.forwardTo(behind.listeningOrigin);
  const before = proxy.targets.length;
  const { main: run } = await wholeJob({
    inputs: { ...inputs(), server: behind.fhirBase('r4') },
    env: { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: CA_FILE, ...env },
  });
  await Promise.all([here.close(), behind.close()]);
  expect(run.exitCode, run.log).toBe(0);
  expect(here.connections()).toBeGreaterThan(0);
  expect(proxy.targets).toHaveLength(before);
});

it('a certificate that is not trusted, and a proxy that refuses, are said as that; nothing was sent', async () => {
  const here = await startTlsFront();
  here.forwardTo(server.listeningOrigin);
  const untrusted = await wholeJob({ inputs: { ...inputs(), server: `${here.origin}/fhir/r4` }, env: movedClock() });
  await here.close();
  expect(codesOf(untrusted.main)).toEqual(['server_unreachable']);
  expect(untrusted.main.annotations[0]?.message).toMatch(/certificate is not trusted[\s\S]*NODE_EXTRA_CA_CERTS/u);

  const wrong = new URL(proxy.url);
  wrong.password = 'canary-wrong';
  const refused = await wholeJob({
    inputs: inputs(),
    env: { ...movedClock(), HTTPS_PROXY: wrong.href, NODE_EXTRA_CA_CERTS: CA_FILE },
  });
  expect(codesOf(refused.main)).toEqual(['server_unreachable']);
  expect(refused.main.annotations[0]?.message).toMatch(/the proxy refused to connect \(407\)/u);
  expect(refused.main.stdout + refused.main.stderr).not.toContain('canary-wrong');
});
