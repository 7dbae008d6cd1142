import { NO_GRANTS, type RunningServer } from './server.ts';

/** The same manifest for every server: one confidential client, for production and for previews. */
export function manifest({ address, metadata, grants = NO_GRANTS }: RunningServer, callback: string): string {
  const services =
    'why' in grants.clientCredentials ? {} : { grant_types: ['authorization_code', 'client_credentials'] };
  return JSON.stringify({
    version: 1,
    clients: {
      web: {
        server: address,
        type: 'confidential',
        // A server that cannot change a client gets a new one.
        update: 'replace',
        metadata: {
          client_name: 'Growth chart (${environment})',
          redirect_uris: [`\${url}${callback}`],
          ...services,
          ...metadata,
        },
      },
    },
    environments: {
      production: {
        web: {
          publish: {
            github: { variables: { client_id: 'FHIR_CLIENT_ID' }, secrets: { client_secret: 'FHIR_CLIENT_SECRET' } },
          },
          rotate: { every: '30d', overlap: '24h', client_id: 'may_change' },
        },
      },
      'pr-*': {
        web: {
          publish: {
            github: {
              variables: { client_id: 'PREVIEW_CLIENT_ID' },
              secrets: { client_secret: 'PREVIEW_CLIENT_SECRET' },
            },
          },
        },
      },
    },
  });
}

/** How the clients of that manifest send their secret. */
export function secretMethod({ metadata }: RunningServer): 'client_secret_basic' | 'client_secret_post' {
  return metadata?.token_endpoint_auth_method === 'client_secret_post' ? 'client_secret_post' : 'client_secret_basic';
}
