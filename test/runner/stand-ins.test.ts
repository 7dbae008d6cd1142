import { expect, test } from 'vitest';
import { startGitHub } from '../support/github/server.ts';
import { gatherSecrets } from './secrets.ts';
import { learnFrom, startServer } from './stand-ins.ts';

type Registered = {
  readonly client_secret: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
};

test('what a client had is known after it is deleted, also a token that was replaced', async () => {
  const secrets = gatherSecrets();
  const server = await startServer(secrets);
  try {
    const metadata = { redirect_uris: ['https://app.example.org/callback'] };
    const send = (url: string, method: string, body: unknown, token = '') =>
      fetch(url, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const first = (await (await send(server.registrationEndpoint, 'POST', metadata)).json()) as Registered;
    const { registration_access_token, registration_client_uri, ...client } = first;
    const { client_id_issued_at, client_secret_expires_at, ...changed } = client as Record<string, unknown>;
    const update = await send(registration_client_uri, 'PUT', changed, registration_access_token);
    const second = (await update.json()) as Registered;
    await send(registration_client_uri, 'DELETE', undefined, second.registration_access_token);

    expect(server.clients()).toEqual([]);
    expect(second.registration_access_token).not.toBe(first.registration_access_token);
    const log = [first.client_secret, first.registration_access_token, second.registration_access_token].join(', ');
    expect(secrets.mask(log)).toBe('***, ***, ***');
  } finally {
    await server.close();
  }
});

test('what GitHub is called with, and what is published there, is known', async () => {
  const secrets = gatherSecrets();
  const github = await startGitHub({ tokens: {} });
  try {
    learnFrom(github, secrets);
    await fetch(`${github.url}/repos/octo/app`, { headers: { authorization: 'Bearer token-of-nobody' } });
    expect(secrets.mask('a call with token-of-nobody')).toBe('a call with ***');
  } finally {
    await github.close();
  }
});
