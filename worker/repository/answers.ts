import type { IssuedCredentials, PublishedName, RegistrationView } from '../../shared/api/worker-api.ts';
import { printable } from '../../shared/errors/printable.ts';
import type { PublishTarget } from '../../shared/manifest/desired.ts';
import { rotationTime } from '../../shared/reconcile/due.ts';
import { withNewestKey } from '../../shared/reconcile/key-hosting.ts';
import { whatToLookFor } from '../../shared/reconcile/marker.ts';
import { currentClient, editionOf, nextClient, stalePublications } from '../../shared/reconcile/record-queries.ts';
import type { Client, RegistrationRecord } from '../../shared/record/record.ts';
import { isSeen } from './job-sink.ts';
import { statusOf } from './registration-rows.ts';

/** A registration as anybody with a right to it may see it. */
export function viewOf(record: RegistrationRecord): RegistrationView {
  const client = currentClient(record) ?? nextClient(record);
  const inUse = currentClient(record);
  const rotation = record.ending === undefined && inUse ? rotationTime(record, inUse) : undefined;
  return {
    environment: record.desired.environment,
    name: record.desired.name,
    server: record.server.address,
    status: statusOf(record),
    ...(client && { client_id: client.clientId }),
    ...(record.owner && { owner: record.owner }),
    ...(record.expiresAt !== undefined && { expires_at: iso(record.expiresAt) }),
    ...(rotation !== undefined && { next_rotation: iso(rotation) }),
    retiring: record.clients.filter(({ role }) => role === 'retiring').map(({ clientId }) => clientId),
    ...(client?.keySet && client.key && { key_id: client.key.keyId }),
    ...(client?.retiringKeys && { retiring_keys: client.retiringKeys.map(({ keyId }) => keyId) }),
    suspects: record.suspects.map((suspect) => ({
      look_for: whatToLookFor(record, suspect),
      since: iso(suspect.since),
    })),
    orphans: record.orphans.map(({ clientId, server, reason }) => ({
      client_id: clientId,
      server: server.address,
      reason: printable(reason),
    })),
    ...(record.desired.shared !== undefined && { shared: record.desired.shared }),
    published: record.published.map(({ target, item }) =>
      target.environment === undefined
        ? `${item.kind} ${item.name}`
        : `${item.kind} ${item.name} (environment ${target.environment})`,
    ),
  };
}

/** The client whose credentials a deploy is to use. */
export function clientToHandOut(record: RegistrationRecord): Client | undefined {
  const client = nextClient(record) ?? currentClient(record);
  return client && withNewestKey(client);
}

/** The credentials as the job gets them. */
export function issued(client: Client): IssuedCredentials {
  const { clientId, clientSecret, clientSecretExpiresAt: expires = 0, key, server } = client;
  return {
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
    ...(key && { private_key: key.privateKey, key_id: key.keyId }),
    ...(server.issuer !== undefined && { issuer: server.issuer }),
    ...(server.tokenEndpoint !== undefined && { token_endpoint: server.tokenEndpoint }),
    ...(expires !== 0 && { expires_at: iso(expires * 1000) }),
    edition: editionOf(client),
  };
}

/** The credentials without secret and key: what everybody may know of the client. */
export function withoutSecrets({ client_secret: _s, private_key: _p, ...open }: IssuedCredentials): IssuedCredentials {
  return open;
}

/** What the job has to publish: everything that does not hold these credentials yet. */
export function leftToPublish(record: RegistrationRecord, client: Client): readonly PublishTarget[] {
  const places = new Map<string, PublishTarget>();
  for (const { target, createEnvironment, item } of stalePublications(record, client)) {
    const place = places.get(target.environment ?? '');
    places.set(target.environment ?? '', {
      kind: 'github',
      ...(target.environment !== undefined && { environment: target.environment }),
      createEnvironment,
      items: [...(place?.items ?? []), item],
    });
  }
  return [...places.values()];
}

/** Names among what is left to publish that a job has claimed or written before. */
export function alreadyOurs(record: RegistrationRecord, client: Client): readonly PublishedName[] {
  return stalePublications(record, client).flatMap(({ publication, target, item }) =>
    publication === undefined || !isSeen(publication)
      ? []
      : [
          {
            ...(target.environment !== undefined && { environment: target.environment }),
            kind: item.kind,
            name: item.name,
            ...(publication.leftAt !== undefined && { left_at: iso(publication.leftAt) }),
          },
        ],
  );
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
