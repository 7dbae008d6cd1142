import { printable, showUrl } from '../errors/printable.ts';
import type { Client, LedgerRow, RegistrationRecord, Traits } from '../record/record.ts';
import type { Access, ClientInformation } from '../registration/answer.ts';
import { authMethod, usesSecret } from '../registration/request-body.ts';
import type { Event } from './event.ts';
import { learn } from './record-queries.ts';
import { grantedDifferently } from './sent-metadata.ts';

export type Adopted = {
  readonly record: RegistrationRecord;
  readonly client: Client;
  readonly events: readonly Event[];
};

/**
 * Takes everything of value from a 2xx answer into the record: whatever the server answers counts, whatever it leaves
 * out stays as it was (RFC 7592 section 3 and appendix A.1).
 *
 * The registration access token is kept only with a configuration endpoint that may receive it: https (or this machine
 * where `insecureLoopback` says so), of the registration endpoint's origin or one the manifest allows.
 */
export function adoptAnswer(
  record: RegistrationRecord,
  client: Client,
  information: ClientInformation,
  verb: 'register' | 'read' | 'update',
): Adopted {
  const method = authMethod(information.metadata, client.requested);
  const offered = usesSecret(method) ? information.clientSecret : undefined;
  const clientSecret = usesSecret(method) ? (offered ?? client.clientSecret) : undefined;
  const sameSecret = offered === undefined || offered === client.clientSecret;
  const said = information.clientSecretExpiresAt ?? (sameSecret ? client.clientSecretExpiresAt : undefined);
  const expiresAt = clientSecret === undefined ? undefined : said;
  const secretReplaced = client.clientSecret !== undefined && !sameSecret;
  const secretGone = client.clientSecret !== undefined && clientSecret === undefined;
  const idChanged = client.clientId !== '' && information.clientId !== client.clientId;
  const tokenReplaced =
    client.access !== undefined &&
    information.registrationAccessToken !== undefined &&
    information.registrationAccessToken !== client.access.registrationAccessToken;
  const { access, withheld } = readAccess(record, client, information);
  const changed =
    idChanged ||
    expiresAt !== client.clientSecretExpiresAt ||
    clientSecret !== client.clientSecret ||
    method !== authMethod(client.granted, client.requested);

  const {
    clientSecret: _s,
    clientSecretExpiresAt: _e,
    access: _a,
    accessWithheld: _w,
    uncertain: _u,
    verification,
    ...rest
  } = client;
  const adopted: Client = {
    ...rest,
    clientId: information.clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(expiresAt !== undefined && { clientSecretExpiresAt: expiresAt }),
    ...(access !== undefined && { access }),
    ...(withheld !== undefined && { accessWithheld: withheld }),
    accessSeen: verb === 'register' ? 'untried' : 'works',
    granted: information.metadata,
    edition: changed ? client.edition + 1 : client.edition,
    ...(verification !== undefined && !changed && { verification }),
  };
  const seen: Traits = {
    ...(secretReplaced && verb === 'update' && { updateReplacesSecret: true }),
    ...(tokenReplaced && verb === 'update' && { updateReplacesToken: true }),
    ...(tokenReplaced && verb === 'read' && { readReplacesToken: true }),
    ...(verb === 'update' && { updates: 'supported' as const }),
  };
  const id = information.clientId;
  const events: readonly Event[] = [
    ...(idChanged ? [{ kind: 'client_id_changed' as const, from: client.clientId, clientId: id }] : []),
    ...(secretReplaced && verb !== 'register' ? [{ kind: 'secret_replaced' as const, clientId: id, by: verb }] : []),
    ...(secretGone ? [{ kind: 'secret_gone' as const, clientId: id }] : []),
    ...(withheld !== undefined && withheld !== client.accessWithheld
      ? [{ kind: 'access_withheld' as const, clientId: id, reason: withheld }]
      : []),
  ];
  return {
    record: {
      ...record,
      traits: learn(record, client, seen),
      clients: replaceClient(record.clients, client, adopted),
      ledger: idChanged ? ledgerAfterChange(record.ledger, client, id) : record.ledger,
    },
    client: adopted,
    events,
  };
}

/** The differences between asked and granted worth telling: not those the server left out of its answer. */
export function differenceEvent(client: Client): readonly Event[] {
  const differences = grantedDifferently(client);
  return differences.length === 0 ? [] : [{ kind: 'differs', clientId: client.clientId, differences }];
}

/** Puts `after` in the place of `before`, or at the end when it is new. */
export function replaceClient(clients: readonly Client[], before: Client, after: Client): readonly Client[] {
  return clients.includes(before) ? clients.map((client) => (client === before ? after : client)) : [...clients, after];
}

function ledgerAfterChange(ledger: readonly LedgerRow[], before: Client, clientId: string): readonly LedgerRow[] {
  return ledger.map((row) =>
    row.clientId === before.clientId && row.endedAt === undefined ? { ...row, clientId } : row,
  );
}

function readAccess(
  record: RegistrationRecord,
  client: Client,
  { registrationAccessToken, registrationClientUri }: ClientInformation,
): { readonly access?: Access; readonly withheld?: string } {
  const uri = registrationClientUri ?? client.access?.registrationClientUri;
  const token = registrationAccessToken ?? client.access?.registrationAccessToken;
  if (registrationClientUri !== undefined && registrationClientUri !== client.access?.registrationClientUri) {
    const obstacle = whyWithheld(record, client, registrationClientUri);
    if (obstacle !== undefined) return { withheld: obstacle };
  }
  if (uri === undefined || token === undefined) {
    const missing = token === undefined ? 'registration access token' : 'client configuration endpoint';
    return { withheld: client.accessWithheld ?? `the server gave no ${missing} for it` };
  }
  return { access: { registrationClientUri: uri, registrationAccessToken: token } };
}

/** Why a registration access token must not be sent to a client configuration endpoint; undefined when it may. */
export function whyWithheld(
  record: Pick<RegistrationRecord, 'desired'>,
  client: Pick<Client, 'server'>,
  uri: string,
): string | undefined {
  if (!URL.canParse(uri)) return 'its client configuration endpoint is not an address';
  const { origin, protocol, username, password } = new URL(uri);
  const expected = new URL(client.server.registrationEndpoint);
  const allowed = [expected.origin, ...record.desired.server.configurationEndpointOrigins];
  if (username !== '' || password !== '') return 'its client configuration endpoint carries a user name or password';
  if (allowed.includes(origin) && (protocol === 'https:' || protocol === expected.protocol)) return undefined;
  return `its client configuration endpoint is at ${printable(origin)}, not at ${printable(expected.origin)} where it was registered (${showUrl(uri)})`;
}
