import { clock, random } from '../../action/platform.ts';
import { discoverServer } from '../../shared/discovery/discover-server.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Access, Answer, ClientInformation } from '../../shared/registration/answer.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { updateBody } from '../../shared/registration/request-body.ts';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import { NOTEBOOK_MANIFEST } from '../support/notebook-manifest.ts';
import type { Story } from './story.ts';

/** The notebook this began with: one app registered by hand, cell by cell. */
export async function playNotebook(server: AuthorizationServer, { chapter, does, shows, check }: Story): Promise<void> {
  chapter('2  The notebook: one app, registered by hand');
  const http = createHttp({ fetch, clock, random, insecureLoopback: true });
  const api = createRegistrationApi({ http, clock, order: createCallOrder() });

  does('Discover: which registration endpoint does this FHIR server name?');
  const found = await discoverServer({ address: server.fhirBase('dstu2'), configurationEndpointOrigins: [] }, http);
  shows('register', found.registration.url);
  check(
    'it was read in the FHIR metadata of a DSTU2 server',
    [found.registration.source.kind, found.says.fhirVersion],
    ['fhir-metadata', '1.0.2'],
  );

  does('Register: POST the manifest');
  const registered = client(
    await api.register({
      registrationEndpoint: found.registration.url,
      metadata: NOTEBOOK_MANIFEST,
      sendBefore: Number.POSITIVE_INFINITY,
    }),
  );
  const { clientId } = registered;
  shows('client_id', clientId);
  check(
    'everything that was asked for was granted',
    pick(registered, Object.keys(NOTEBOOK_MANIFEST)),
    NOTEBOOK_MANIFEST,
  );
  check(
    'there is a secret, a token and an address to manage it',
    [registered.clientSecret, registered.registrationAccessToken, registered.registrationClientUri].map(
      (value) => typeof value,
    ),
    ['string', 'string', 'string'],
  );

  does('Read: GET the client');
  const read = client(await api.read(access(registered)));
  check('the same client', [read.clientId, read.metadata.client_name], [clientId, NOTEBOOK_MANIFEST.client_name]);

  does('Update: PUT it, from client_secret_basic to none');
  const wanted = { ...NOTEBOOK_MANIFEST, token_endpoint_auth_method: 'none' };
  const body = updateBody({ clientId, granted: read.metadata, before: NOTEBOOK_MANIFEST, wanted, additions: {} });
  const updated = client(await api.update(access(registered, read), body));
  check('a public client now', updated.metadata.token_endpoint_auth_method, 'none');
  check('the server says so too', server.client(clientId)?.metadata.token_endpoint_auth_method, 'none');
  check(
    'the registration access token was replaced',
    updated.registrationAccessToken !== registered.registrationAccessToken,
    true,
  );

  does('Delete, then read again');
  const last = access(registered, read, updated);
  check('deleted', (await api.remove(last)).kind, 'removed');
  check('refused: the client and its token are gone', (await api.read(last)).kind, 'refused');
  check('the server holds no client any more', server.clients().length, 0);
}

function client(answer: Answer | { readonly kind: 'too_late' }): ClientInformation {
  if (answer.kind === 'client') return answer.information;
  throw new Error(`expected a client, got ${answer.kind}`);
}

/** Address and newest token from the answers so far: a later answer without one leaves it as it was. */
function access(...answers: readonly ClientInformation[]): Access {
  const { registrationClientUri = '', registrationAccessToken = '' } = Object.assign(
    {},
    ...answers,
  ) as Partial<ClientInformation>;
  return { registrationClientUri, registrationAccessToken };
}

function pick({ metadata }: ClientInformation, members: readonly string[]): unknown {
  return Object.fromEntries(members.map((member) => [member, metadata[member]]));
}
