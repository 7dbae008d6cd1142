import * as z from 'zod';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { ResolveCall } from '../repository/calls.ts';
import { repositoryId } from './repository-id.ts';

const word = z.string().min(1);
const place = { repository: repositoryId, environment: word, name: word };

/** Body of `POST /v1/operator/resolve`. */
export const resolveBody = z.discriminatedUnion('resolution', [
  z.strictObject({ ...place, resolution: z.literal('forget') }),
  z.strictObject({
    ...place,
    resolution: z.literal('adopt'),
    client_id: word,
    client_secret: word.exactOptional(),
    registration_access_token: word.exactOptional(),
    registration_client_uri: word.exactOptional(),
  }),
]);

/** What the operator decided. Throws `request_invalid` for half of what manages a client. */
export function resolveCall({ repository: _, ...body }: z.infer<typeof resolveBody>): ResolveCall {
  const { environment, name } = body;
  if (body.resolution === 'forget') return { environment, name, resolution: 'forget' };
  const { client_secret: clientSecret, registration_access_token: token, registration_client_uri: uri } = body;
  if ((token === undefined) !== (uri === undefined)) {
    throw new RegistrarError('request_invalid', {
      message: 'Of registration_access_token and registration_client_uri only one is given.',
      hint: 'Give both to have the client managed, or none to have it watched.',
    });
  }
  return {
    environment,
    name,
    resolution: 'adopt',
    given: {
      clientId: body.client_id,
      ...(clientSecret !== undefined && { clientSecret }),
      ...(token !== undefined &&
        uri !== undefined && { access: { registrationAccessToken: token, registrationClientUri: uri } }),
    },
  };
}
