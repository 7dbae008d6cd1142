// better-auth with its OAuth provider, as its documentation sets it up. PORT, ORIGIN, DATABASE.
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import {
  oauthProvider,
  oauthProviderAuthServerMetadata,
  oauthProviderOpenIdConfigMetadata,
} from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';

const { PORT, ORIGIN, DATABASE } = process.env;
const auth = betterAuth({
  baseURL: ORIGIN,
  secret: 'a secret of this run, as long as it has to be',
  database: new DatabaseSync(DATABASE),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  disabledPaths: ['/token'],
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: '/login',
      consentPage: '/consent',
      allowDynamicClientRegistration: true,
      allowUnauthenticatedClientRegistration: true,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();

const metadata = {
  '/.well-known/oauth-authorization-server': oauthProviderAuthServerMetadata(auth),
  '/.well-known/openid-configuration': oauthProviderOpenIdConfigMetadata(auth),
};
const PERSON = { name: 'Any Person', email: 'person@example.org', password: 'of-this-run-only' };
await auth.api.signUpEmail({ body: PERSON });
/** Everybody who comes here is signed in and agrees. */
const pages = {
  '/login': async ({ url }) => {
    const signedIn = await auth.api.signInEmail({ body: PERSON, asResponse: true });
    const headers = new Headers({ location: `/api/auth/oauth2/authorize${new URL(url).search}` });
    for (const cookie of signedIn.headers.getSetCookie()) headers.append('set-cookie', cookie);
    return new Response(null, { status: 302, headers });
  },
  '/consent': async ({ url, headers }) => {
    const answer = await auth.handler(
      new Request(`${ORIGIN}/api/auth/oauth2/consent`, {
        method: 'POST',
        headers: { cookie: headers.get('cookie'), origin: ORIGIN, 'content-type': 'application/json' },
        body: JSON.stringify({ accept: true, oauth_query: new URL(url).search.slice(1) }),
      }),
    );
    return new Response(null, { status: 302, headers: { location: (await answer.json()).url } });
  },
};

const ours = { ...metadata, ...pages };
const others = toNodeHandler(auth);
createServer(async (request, response) => {
  const known = Object.keys(ours).find((path) => request.url.startsWith(path));
  if (known === undefined) return others(request, response);
  const answer = await ours[known](new Request(ORIGIN + request.url, { headers: new Headers(request.headers) }));
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}).listen(Number(PORT), '127.0.0.1');
