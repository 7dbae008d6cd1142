import type { JsonObject } from '../../shared/ports/ports.ts';
import type { ClientInformation } from '../../shared/registration/answer.ts';

/** In no standard. */
export const UNKNOWN_MEMBER = 'x_unknown_member';
const DAY_SECONDS = 86_400;

/** In what a registration's answer differs from what was sent, and from RFC 7591. */
export function quirksOfRegistration(sent: JsonObject, body: JsonObject, information: ClientInformation): string[] {
  const quirks: string[] = [];
  if (UNKNOWN_MEMBER in information.metadata) quirks.push('unknown metadata is kept');
  const missing = Object.keys(sent).filter((member) => member !== UNKNOWN_MEMBER && !(member in body));
  if (missing.length > 0) quirks.push(`not answered: ${missing.join(', ')}`);
  const otherwise = Object.keys(sent).filter(
    (member) => member in body && JSON.stringify(body[member]) !== JSON.stringify(sent[member]),
  );
  for (const member of otherwise) quirks.push(`${member} is answered as ${JSON.stringify(body[member])}`);
  if (typeof body.client_id_issued_at === 'string') quirks.push('client_id_issued_at is a string');
  if ('client_id_expires_at' in body) quirks.push('client_id_expires_at instead of client_secret_expires_at');
  const expires = information.clientSecretExpiresAt;
  if (expires !== undefined && expires > 0) {
    quirks.push(`secrets expire after ${Math.round((expires - Date.now() / 1000) / DAY_SECONDS)} days`);
  }
  if (information.clientSecret === undefined) quirks.push('no secret is answered');
  return quirks;
}
