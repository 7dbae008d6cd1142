// A Worker around @cloudflare/workers-oauth-provider. ORIGIN is put in when it is bundled.
import { WorkerEntrypoint } from 'cloudflare:workers';
import { OAuthProvider } from '@cloudflare/workers-oauth-provider';

class Api extends WorkerEntrypoint {
  fetch() {
    return new Response('api');
  }
}

export default new OAuthProvider({
  apiRoute: '/api',
  apiHandler: Api,
  defaultHandler: { fetch: () => new Response('nothing here', { status: 404 }) },
  authorizeEndpoint: '/authorize',
  tokenEndpoint: '/token',
  clientRegistrationEndpoint: '/register',
  scopesSupported: ['openid', 'launch/patient', 'patient/*.rs'],
  resourceMetadata: { resource: `${ORIGIN}/api` },
});
