import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { readManifest } from '../../shared/manifest/read-manifest.ts';
import { options } from '../manifest/reading.ts';
import { read as readFile } from '../repository/files.ts';
import { contained } from './support/contained.ts';
import { nastyText, spoilt, spoiltText } from './support/json.ts';
import { runs } from './support/runs.ts';

const TEXT = readFile('examples/oauth-clients.yml');
const MANIFEST = parse(TEXT) as object;
const BARE = {
  client_name: 'Growth chart ${environment}',
  redirect_uris: ['${url}/callback', 'https://${tenant}.example.com/callback'],
  scope: 'openid fhirUser',
  token_endpoint_auth_method: 'client_secret_basic',
  jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'one' }] },
  contacts: ['someone@example.com'],
  'client_name#de': 'Wachstum',
};
const WHOLE = {
  ...MANIFEST,
  clients: {
    ...(MANIFEST as { clients: object }).clients,
    api: {
      registration_endpoint: 'https://as.example/register',
      token_endpoint: 'https://as.example/token',
      type: 'backend',
      ttl: '14d',
      update: 'replace',
      strict: true,
      metadata: BARE,
    },
  },
};

const read = (text: string, environment = 'production') =>
  contained(() => readManifest({ text, path: '.github/oauth-clients.yml' }, options({ templates: { environment } })));

test.each([
  ['a manifest', WHOLE],
  ['client metadata alone', BARE],
])('%s, spoilt anywhere: it is read, or the error says where', async (_, manifest) => {
  await fc.assert(
    fc.asyncProperty(spoilt(manifest), async (bad) => {
      const outcome = await read(JSON.stringify(bad));
      if (isRegistrarError(outcome)) return;
      // What is taken is what will be sent and stored.
      const text = JSON.stringify(outcome.desired);
      expect(text).not.toContain('"__proto__"');
    }),
    runs(0.2),
  );
});

test('a manifest in YAML, cut and patched anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(spoiltText(TEXT), nastyText, async (text, environment) => {
      await read(text, environment);
    }),
    runs(),
  );
});

test('any text at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
      await read(text);
    }),
    runs(),
  );
});

const URL_VALUES = { branch: '', sha: '', repository: '', tenant: '' };

test('whatever a pull request calls itself, a redirect URI keeps its host and the number of its segments', async () => {
  const text = JSON.stringify({
    version: 1,
    clients: {
      web: {
        server: 'https://as.example',
        metadata: {
          redirect_uris: [
            'https://app.example.com/${branch}/${tenant}/callback?from=${sha}',
            'https://${tenant}.example.com/cb',
          ],
        },
      },
    },
  });
  await fc.assert(
    fc.asyncProperty(fc.record({ branch: nastyText, tenant: nastyText, sha: nastyText }), async (values) => {
      const { tenant, ...templates } = { ...URL_VALUES, ...values };
      const outcome = await contained(() =>
        readManifest({ text, path: 'm.yml' }, options({ templates: { ...templates, values: { tenant } } })),
      );
      if (isRegistrarError(outcome)) return;
      const [path = '', host = ''] = (outcome.desired[0]?.metadata.redirect_uris ?? []) as readonly string[];
      expect(new URL(path).host).toBe('app.example.com');
      expect(new URL(path).pathname.split('/')).toHaveLength(4);
      expect(new URL(host).host).toMatch(/^[a-z0-9-]+\.example\.com$/);
      expect(new URL(host).pathname).toBe('/cb');
    }),
    runs(),
  );
});
