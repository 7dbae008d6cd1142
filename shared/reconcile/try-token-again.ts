import type { Client } from '../record/record.ts';

/**
 * A client whose registration access token was refused, to be read with it once more: the refusal may have been a passing
 * one. Until the server has answered, its token counts as uncertain (RFC 7592 section 3 lets every answer replace it).
 */
export function tryTokenAgain(client: Client): Client {
  return client.access !== undefined && client.accessSeen === 'refused'
    ? { ...client, accessSeen: 'untried', uncertain: true }
    : client;
}
