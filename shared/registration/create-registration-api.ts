import { isRegistrarError, RegistrarError } from '../errors/registrar-error.ts';
import type { Http, HttpRequest } from '../http/http.ts';
import type { Clock, JsonObject } from '../ports/ports.ts';
import type { Access, Answer, RegistrationApi, Verb } from './answer.ts';
import type { CallOrder } from './call-order.ts';
import { readAnswer } from './read-answer.ts';

/** See Other says that the request was processed and what came of it is elsewhere (RFC 9110 section 15.4.4). */
const PROCESSED = 303;

const ACCEPT_JSON = { Accept: 'application/json' };

/**
 * The registration protocol over HTTP: POST to a registration endpoint (RFC 7591 section 3), GET, PUT and DELETE at a
 * client configuration endpoint with its own token (RFC 7592 section 2).
 *
 * Nothing rejects; every outcome is an {@link Answer}. POSTs to one endpoint go one at a time.
 */
export function createRegistrationApi({
  http,
  clock,
  order,
}: {
  readonly http: Http;
  readonly clock: Clock;
  readonly order: CallOrder;
}): RegistrationApi {
  const send = async (verb: Verb, request: HttpRequest, secrets: readonly string[]): Promise<Answer> => {
    try {
      const response = await http(request);
      return readAnswer({ verb, response, requestUrl: request.url, secrets });
    } catch (error) {
      return fromError(error);
    }
  };

  const configure = (verb: 'read' | 'update' | 'remove', access: Access, body?: JsonObject): Promise<Answer> =>
    order.someAtOnce(() =>
      send(
        verb,
        {
          method: ({ read: 'GET', update: 'PUT', remove: 'DELETE' } as const)[verb],
          url: access.registrationClientUri,
          purpose: 'configure',
          headers: {
            ...ACCEPT_JSON,
            Authorization: `Bearer ${access.registrationAccessToken}`,
            ...(body && { 'Content-Type': 'application/json' }),
          },
          ...(body && { body: JSON.stringify(body) }),
        },
        [access.registrationAccessToken, ...(typeof body?.client_secret === 'string' ? [body.client_secret] : [])],
      ),
    );

  return {
    register: ({ registrationEndpoint, metadata, initialAccessToken, sendBefore }) =>
      order.oneAtATime(registrationEndpoint, async () =>
        clock.now() >= sendBefore
          ? { kind: 'too_late' }
          : send(
              'register',
              {
                method: 'POST',
                url: registrationEndpoint,
                purpose: 'register',
                headers: {
                  ...ACCEPT_JSON,
                  'Content-Type': 'application/json',
                  ...(initialAccessToken !== undefined && { Authorization: `Bearer ${initialAccessToken}` }),
                },
                body: JSON.stringify(metadata),
              },
              [initialAccessToken, metadata.software_statement].filter((value) => typeof value === 'string'),
            ),
      ),
    read: (access) => configure('read', access),
    update: (access, body) => configure('update', access, body),
    remove: (access) => configure('remove', access),
  };
}

function fromError(error: unknown): Answer {
  const cause = isRegistrarError(error)
    ? error
    : new RegistrarError('internal', { message: 'A call to the server failed in an unexpected way.', cause: error });
  switch (cause.code) {
    case 'server_unreachable':
    case 'url_insecure':
    case 'input_invalid':
      return { kind: 'not_sent', cause };
    case 'redirect_refused':
      return cause.status === PROCESSED
        ? { kind: 'unknown', answered: true, reason: cause.message, cause }
        : { kind: 'rejected', refusal: { status: cause.status ?? 0 }, cause };
    default:
      return { kind: 'unknown', answered: false, reason: cause.message, cause };
  }
}
