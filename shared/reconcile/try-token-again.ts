import type { Client } from '../record/record.ts';

/**
 * A client in use whose registration access token was refused, to be read with it once more: the refusal may have been a
 * passing one. It stays refused until the server has shown the client. Any other client is given back as it is.
 */
export function tryTokenAgain(client: Client): Client {
  const { role, access, accessSeen, uncertain } = client;
  const isLockedOut = role === 'current' && access !== undefined && accessSeen === 'refused';
  return isLockedOut && uncertain !== true ? { ...client, uncertain: true } : client;
}

/** The client is to be read with a token that was refused. Nothing else waits for that. */
export function isTriedAgain({ accessSeen, uncertain }: Client): boolean {
  return accessSeen === 'refused' && uncertain === true;
}
