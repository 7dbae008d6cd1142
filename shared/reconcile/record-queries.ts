import type { CredentialField, PublishItem } from '../manifest/desired.ts';
import { type Credentials, credentialValue } from '../publish/credential-value.ts';
import type { Publication } from '../publish/sink.ts';
import type { Client, RegistrationRecord, Traits } from '../record/record.ts';
import { authMethod, usesSecret } from '../registration/request-body.ts';

export function currentClient(record: RegistrationRecord): Client | undefined {
  return record.clients.find(({ role }) => role === 'current');
}

export function nextClient(record: RegistrationRecord): Client | undefined {
  return record.clients.find(({ role }) => role === 'next');
}

/** Something was made for a rotation already: its next client or key. */
export function hasBegunRotation(record: RegistrationRecord): boolean {
  return nextClient(record) !== undefined || currentClient(record)?.nextKey !== undefined;
}

/** A registration that ends with its pull request, branch or job. */
export function isOwned({ owner, desired }: Pick<RegistrationRecord, 'owner' | 'desired'>): boolean {
  return owner !== undefined || desired.ttl === 'job';
}

/** Names one state of a client's credentials; of a client whose keys are rotated, with the key. */
export function editionOf({ clientId, edition, key, keySet }: Client): string {
  return `${clientId}#${edition}${keySet === undefined || key === undefined ? '' : `.${key.keyId}`}`;
}

/** What of a client is announced: its id and, of a client whose keys are rotated, its key. */
export function announcement({ clientId, key, keySet }: Client): {
  readonly clientId: string;
  readonly keyId?: string;
} {
  return { clientId, ...(keySet && key && { keyId: key.keyId }) };
}

/** Names a state of credentials that is about to be written: whether it was, is not known until the write is answered. */
export function unfinished(edition: string): string {
  return `${edition}?`;
}

export type WantedPublication = {
  readonly target: Publication['target'];
  readonly createEnvironment: boolean;
  readonly item: PublishItem;
  /** The entry that this registration has for it, claimed or written. */
  readonly publication: Publication | undefined;
};

/** What the manifest asks to publish of the credentials there are (or will be), with our entry for each. */
export function wantedPublications(record: RegistrationRecord): readonly WantedPublication[] {
  const client = nextClient(record) ?? currentClient(record);
  return record.desired.publish.flatMap(({ environment, createEnvironment, items }) =>
    items
      .filter(({ field }) => (client === undefined ? isExpected(record, field) : isThere(client, field)))
      .map((item) => ({
        target: { kind: 'github' as const, ...(environment !== undefined && { environment }) },
        createEnvironment,
        item,
        publication: record.published.find(
          (entry) =>
            entry.target.environment === environment &&
            entry.item.kind === item.kind &&
            entry.item.name === item.name &&
            entry.item.field === item.field,
        ),
      })),
  );
}

/** What the manifest asks to publish and does not hold this client's credentials, as far as is known. */
export function stalePublications(record: RegistrationRecord, client: Client): readonly WantedPublication[] {
  return wantedPublications(record).filter(
    ({ publication }) => publication?.state !== 'written' || publication.of !== editionOf(client),
  );
}

/** The credentials of a client as they are published. */
export function credentialsOf({ key, ...client }: Client): Credentials {
  return { ...client, ...(key && { privateKey: key.privateKey, keyId: key.keyId }) };
}

/** Something of this client, of whatever edition, is what apps read. */
export function isPublished({ published }: RegistrationRecord, { clientId }: Client): boolean {
  return published.some(({ of }) => of?.slice(0, of.lastIndexOf('#')) === clientId);
}

/** What was seen of the server that a client lives at; nothing, if the registration has moved away from there. */
export function traitsAt(record: RegistrationRecord, client: Client): Traits {
  return livesHere(record, client) ? record.traits : {};
}

/** The traits of the registration's server after something was seen where a client lives. */
export function learn(record: RegistrationRecord, client: Client, seen: Traits): Traits {
  return livesHere(record, client) ? { ...record.traits, ...seen } : record.traits;
}

/** The client lives at the server that the manifest names now. */
export function livesHere({ server }: Pick<RegistrationRecord, 'server'>, client: Client): boolean {
  return client.server.registrationEndpoint === server.registrationEndpoint;
}

function isThere(client: Client, field: CredentialField): boolean {
  return credentialValue(field, credentialsOf(client), client.server) !== undefined;
}

/** Before there is a client: what it will have if the server grants what is asked. */
function isExpected({ desired, server }: RegistrationRecord, field: CredentialField): boolean {
  switch (field) {
    case 'client_id':
    case 'json':
      return true;
    case 'client_secret':
      return usesSecret(authMethod({}, desired.metadata));
    case 'private_key':
    case 'key_id':
      return desired.makeKey;
    case 'issuer':
      return server.issuer !== undefined;
    case 'token_endpoint':
      return server.tokenEndpoint !== undefined;
  }
}
