import { randomBytes } from 'node:crypto';
import { openUserAgent, type SignIn } from '../../support/user-agent.ts';
import { startBehindFront } from '../behind-front.ts';
import { folder } from '../folder.ts';
import { goProgram } from '../go.ts';
import { freePort } from '../program.ts';
import type { Candidate, HeldClient, RunningServer } from '../server.ts';

const MODULE = 'github.com/ory/hydra/v2';
const GO_MOD = new URL('hydra/go.mod', import.meta.url);

export const hydra: Candidate = {
  title: 'Ory Hydra',
  install: async () => {
    const built = await goProgram({ module: MODULE, tags: ['sqlite'], goMod: GO_MOD });
    return 'program' in built ? { version: built.version, start: () => start(built.program) } : built;
  },
};

/** Its books are in memory; its administration API listens beside the public one. */
async function start(hydra: string): Promise<RunningServer> {
  return await startBehindFront(async ({ origin, port, run }) => {
    const adminPort = await freePort();
    await run({
      // Development, since it would be https only.
      command: [hydra, 'serve', 'all', '--dev', '--sqa-opt-out'],
      cwd: await folder('data'),
      env: {
        DSN: 'memory',
        LOG_LEVEL: 'warn',
        OIDC_DYNAMIC_CLIENT_REGISTRATION_ENABLED: 'true',
        SECRETS_SYSTEM: randomBytes(32).toString('base64url'),
        SERVE_PUBLIC_HOST: '127.0.0.1',
        SERVE_PUBLIC_PORT: String(port),
        SERVE_ADMIN_HOST: '127.0.0.1',
        SERVE_ADMIN_PORT: String(adminPort),
        URLS_SELF_ISSUER: origin,
        URLS_SELF_PUBLIC: origin,
        URLS_LOGIN: `${origin}/login`,
        URLS_CONSENT: `${origin}/consent`,
        // Its metadata names the endpoint only where it is told to.
        WEBFINGER_OIDC_DISCOVERY_CLIENT_REGISTRATION_URL: `${origin}/oauth2/register`,
      },
      ready: `http://127.0.0.1:${port}/health/ready`,
    });
    return {
      address: origin,
      grants: { codeFlow: { scope: 'openid', signIn: signInAt(adminPort) }, clientCredentials: {} },
      clients: () => readBooks(`http://127.0.0.1:${adminPort}/admin/clients?page_size=500`),
    };
  });
}

/** Signing in and consent are pages of somebody else's, who tells the administration API that a person agreed. */
function signInAt(adminPort: number): SignIn {
  return async (start, redirectUri) => {
    const agent = openUserAgent(redirectUri);
    let reached = await agent.visit(start);
    for (const [page, says] of [
      ['login', { subject: 'person' }],
      ['consent', { grant_scope: ['openid'] }],
    ] as const) {
      if ('callback' in reached) return reached.callback;
      const challenge = reached.url.searchParams.get(`${page}_challenge`) ?? '';
      const query = new URLSearchParams({ [`${page}_challenge`]: challenge });
      const answer = await fetch(`http://127.0.0.1:${adminPort}/admin/oauth2/auth/requests/${page}/accept?${query}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(says),
      });
      const { redirect_to: onward = '' } = (await answer.json()) as { readonly redirect_to?: string };
      reached = await agent.visit(new URL(onward));
    }
    if ('callback' in reached) return reached.callback;
    throw new Error(`${reached.url.pathname} is not the app`);
  };
}

type Stored = {
  readonly client_id: string;
  readonly client_name?: string;
  readonly redirect_uris?: readonly string[];
};

async function readBooks(url: string): Promise<readonly HeldClient[]> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const stored = (await response.json()) as readonly Stored[];
  return stored.map(({ client_id: clientId, client_name: name = '', redirect_uris: redirectUris = [] }) => ({
    clientId,
    name,
    redirectUris,
  }));
}
