import type { ApplyAnswer, IssuedCredentials, RegistrationView } from '../../shared/api/worker-api.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import type { CredentialServer, Credentials } from '../../shared/publish/credential-value.ts';
import { type Client, RECORD_VERSION, type RegistrationRecord } from '../../shared/record/record.ts';
import type { ClientReport } from '../report.ts';

/** What came of one client at the Worker, with how it stands there. */
export type WorkerReport = ClientReport & {
  readonly view?: RegistrationView;
  /** Why secret and key are not among the credentials. */
  readonly withheld?: string;
};

/** Credentials as they came over the wire, in the shape that publishing works with. */
export function handedOut(credentials: IssuedCredentials): {
  readonly client: Credentials;
  readonly server: CredentialServer;
} {
  const { client_id: clientId, client_secret, private_key, key_id, issuer, token_endpoint, expires_at } = credentials;
  return {
    client: {
      clientId,
      ...(client_secret !== undefined && { clientSecret: client_secret }),
      ...(private_key !== undefined && { privateKey: private_key }),
      ...(key_id !== undefined && { keyId: key_id }),
      ...(expires_at !== undefined && { clientSecretExpiresAt: Math.floor(Date.parse(expires_at) / 1000) }),
    },
    server: {
      ...(issuer !== undefined && { issuer }),
      ...(token_endpoint !== undefined && { tokenEndpoint: token_endpoint }),
    },
  };
}

/** A client that the Worker looks after, as far as outputs and the summary need it; its record stays with the Worker. */
export function reportOf(
  desired: Desired,
  answer: Pick<ApplyAnswer, 'registration' | 'events'> & { readonly credentials?: IssuedCredentials },
  now: number,
): WorkerReport {
  const { registration: view, events, credentials } = answer;
  const client = clientOf(view, credentials);
  const record: RegistrationRecord = {
    version: RECORD_VERSION,
    key: desired.key,
    desired,
    server: serverOf(view),
    ...(view.owner && { owner: view.owner }),
    ...(view.expires_at !== undefined && { expiresAt: Date.parse(view.expires_at) }),
    ...(view.status !== 'active' && { ending: { since: now, reason: view.status } }),
    clients: client === undefined ? [] : [client],
    suspects: [],
    orphans: [],
    published: [],
    traits: {},
    ledger: [],
  };
  return { desired, record, events, view };
}

/** A client that a command names and no manifest describes. */
export function nameOnly(environment: string, name: string): Desired {
  return {
    key: `${environment}/${name}`,
    name,
    environment,
    server: { configurationEndpointOrigins: [] },
    metadata: {},
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
  };
}

function clientOf(view: RegistrationView, credentials: IssuedCredentials | undefined): Client | undefined {
  const given = credentials && handedOut(credentials);
  const clientId = given?.client.clientId ?? view.client_id;
  if (clientId === undefined) return undefined;
  const { privateKey, keyId, ...client } = given?.client ?? {};
  return {
    ...client,
    clientId,
    role: 'current',
    ...(privateKey !== undefined && keyId !== undefined && { key: { privateKey, keyId, publicJwk: {} } }),
    edition: 1,
    server: { ...serverOf(view), ...given?.server },
    purpose: 'first',
    accessSeen: 'untried',
    requested: {},
    granted: {},
    marker: '',
    madeAt: 0,
  };
}

function serverOf({ server }: RegistrationView): RegistrationRecord['server'] {
  return { address: server, registrationEndpoint: '', registrationSource: { kind: 'manifest' } };
}
