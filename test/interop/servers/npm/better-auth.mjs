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
const others = toNodeHandler(auth);
createServer(async (request, response) => {
  const known = Object.keys(metadata).find((path) => request.url.startsWith(path));
  if (known === undefined) return others(request, response);
  const answer = await metadata[known](new Request(ORIGIN + request.url));
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}).listen(Number(PORT), '127.0.0.1');
