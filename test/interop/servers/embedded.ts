import { readFileSync } from 'node:fs';
import { type AuthorizationServerOptions, startAuthorizationServer } from '../../support/authorization-server.ts';
import { UNKNOWN_MEMBER } from '../quirks.ts';
import type { Candidate, RunningServer } from '../server.ts';

const INITIAL_ACCESS_TOKEN = 'initial-access-token-of-the-interop-run';

/** oidc-provider, in the process of this run. */
function configuration(what: string, options: AuthorizationServerOptions, faults = false): Candidate {
  return {
    title: `oidc-provider: ${what}`,
    faults,
    install: async () => ({ version: installedVersion(), start: () => start(options) }),
  };
}

export const embedded: readonly Candidate[] = [
  configuration('an update rotates the token', { rotate: 'update' }, true),
  configuration('the token stays', { rotate: 'none' }),
  configuration('initial access token required', { initialAccessToken: INITIAL_ACCESS_TOKEN }),
  configuration('management off', { management: false }),
  configuration('unknown metadata refused', { refusedMembers: [UNKNOWN_MEMBER] }),
];

function installedVersion(): string {
  const file = new URL('../../../node_modules/oidc-provider/package.json', import.meta.url);
  return String((JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version);
}

async function start(options: AuthorizationServerOptions): Promise<RunningServer> {
  const server = await startAuthorizationServer(options);
  return {
    address: server.issuer,
    traffic: server,
    grants: { codeFlow: { scope: 'openid fhirUser' }, clientCredentials: {} },
    ...(options.initialAccessToken !== undefined && { initialAccessToken: options.initialAccessToken }),
    clients: async () =>
      server.clients().map(({ clientId, metadata }) => ({
        clientId,
        name: String(metadata.client_name),
        redirectUris: (metadata.redirect_uris ?? []) as readonly string[],
      })),
    close: server.close,
  };
}
