// A Worker around @cloudflare/workers-oauth-provider. ORIGIN is put in when it is bundled.
import { WorkerEntrypoint } from 'cloudflare:workers';
import { OAuthProvider } from '@cloudflare/workers-oauth-provider';

class Api extends WorkerEntrypoint {
  fetch() {
    return new Response('api');
  }
}

/** Everybody who comes here is signed in and agrees. */
async function authorize(request, env) {
  if (new URL(request.url).pathname !== '/authorize') return new Response('nothing here', { status: 404 });
  const asked = await env.OAUTH_PROVIDER.parseAuthRequest(request);
  const granted = { request: asked, userId: 'person', metadata: {}, scope: asked.scope, props: {} };
  const { redirectTo } = await env.OAUTH_PROVIDER.completeAuthorization(granted);
  return Response.redirect(redirectTo, 302);
}

export default new OAuthProvider({
  apiRoute: '/api',
  apiHandler: Api,
  defaultHandler: { fetch: authorize },
  authorizeEndpoint: '/authorize',
  tokenEndpoint: '/token',
  clientRegistrationEndpoint: '/register',
  scopesSupported: ['openid', 'launch/patient', 'patient/*.rs'],
  resourceMetadata: { resource: `${ORIGIN}/api` },
});
