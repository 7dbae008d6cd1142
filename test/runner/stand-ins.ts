import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import type { GitHub } from '../support/github/server.ts';
import type { Secrets } from './secrets.ts';

/** Starts the authorization server; all that it ever gives to a client is known as a secret. */
export async function startServer(
  secrets: Secrets,
  options: Parameters<typeof startAuthorizationServer>[0] = {},
): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer(options);
  const learn = () => {
    for (const { metadata, registrationAccessToken } of server.clients()) {
      secrets.add(registrationAccessToken, metadata.client_secret === undefined ? '' : String(metadata.client_secret));
    }
  };
  // After each answer, because a token may be replaced, and its client gone, before the run that used it ends.
  server.after(learn);
  return server;
}

/** Tokens that GitHub was called with or has minted, and what was published there. */
export function learnFrom({ calls, app, secrets: published, environments }: GitHub, secrets: Secrets): void {
  secrets.addFrom(() => [
    ...calls.map(({ token }) => token),
    ...(app?.tokens.keys() ?? []),
    ...[undefined, ...environments().map(({ name }) => name)].flatMap((place) => Object.values(published(place))),
  ]);
}
