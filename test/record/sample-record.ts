import type { RegistrationRecord } from '../../shared/record/record.ts';

const server = {
  address: 'https://fhir.example.org/r4',
  registrationEndpoint: 'https://as.example.org/register',
  registrationSource: {
    kind: 'smart-configuration',
    url: 'https://fhir.example.org/r4/.well-known/smart-configuration',
  },
  tokenEndpoint: 'https://as.example.org/token',
  issuer: 'https://as.example.org',
} as const;

/** A record with the least that a record has. */
export function plainRecord(key: string, change: Partial<RegistrationRecord> = {}): RegistrationRecord {
  const [environment = '', name = ''] = key.split('/');
  return {
    version: 1,
    key,
    desired: {
      key,
      name,
      environment,
      server: { address: server.address, configurationEndpointOrigins: [] },
      metadata: { client_name: 'App' },
      makeKey: false,
      publish: [],
      update: 'ask',
      strict: false,
    },
    server: {
      address: server.address,
      registrationEndpoint: server.registrationEndpoint,
      registrationSource: { kind: 'manifest' },
    },
    clients: [],
    suspects: [],
    orphans: [],
    published: [],
    traits: {},
    ledger: [],
    ...change,
  };
}

const keyPair = { privateKey: '-----BEGIN PRIVATE KEY-----', keyId: 'k1', publicJwk: { kty: 'EC', crv: 'P-256' } };
const access = {
  registrationClientUri: 'https://as.example.org/register/abc',
  registrationAccessToken: 'canary-registration-access-token',
};
const requested = { redirect_uris: ['https://app.example.org/callback'], nested: { deep: [1, null, true] } };
const asked = {
  marker: 'm-1',
  purpose: 'rotation',
  requested,
  key: keyPair,
  server,
  startedAt: 10,
  run: '7/1',
} as const;
const item = { kind: 'secret', name: 'FHIR_CLIENT_SECRET', field: 'client_secret' } as const;

const keySet = { id: '2002-set', uri: 'https://registrar.example.org/clients/2002-set/jwks.json' };

/** A record with everything that a record can have. */
export function fullRecord(key: string): RegistrationRecord {
  const plain = plainRecord(key);
  return {
    ...plain,
    desired: {
      ...plain.desired,
      server: {
        address: server.address,
        registrationEndpoint: server.registrationEndpoint,
        tokenEndpoint: server.tokenEndpoint,
        issuer: server.issuer,
        configurationEndpointOrigins: ['https://other.example.org'],
      },
      type: 'confidential',
      metadata: requested,
      makeKey: true,
      ttl: { seconds: 1209600 },
      owner: { kind: 'pull_request', number: 42 },
      publish: [{ kind: 'github', environment: 'production', createEnvironment: false, items: [item] }],
      rotation: {
        everySeconds: 2592000,
        overlapSeconds: 86400,
        strategy: 'replace',
        clientIdMayChange: true,
        retire: 'confirmed',
      },
      update: 'replace',
      announce: 'dispatch',
      strict: true,
    },
    server,
    owner: { kind: 'branch', name: 'feature/x' },
    expiresAt: 1,
    ending: { since: 2, reason: 'closed' },
    rotation: { reason: 'age', strategy: 'replace', startedAt: 3, run: '7/1' },
    rotationHeldUntil: 4,
    rotatedAt: 5,
    clients: [
      {
        clientId: 'abc',
        role: 'current',
        clientSecret: 'canary-client-secret',
        clientSecretExpiresAt: 0,
        key: keyPair,
        keySet,
        nextKey: { ...keyPair, hostedSince: 5, tryAt: 6, verification: { outcome: 'refused', at: 5, reason: 'no' } },
        retiringKeys: [{ keyId: 'old', publicJwk: keyPair.publicJwk, retiringSince: 4, replaced: true }],
        edition: 2,
        server,
        purpose: 'adopted',
        access,
        accessSeen: 'works',
        accessWithheld: 'elsewhere',
        requested,
        granted: requested,
        marker: 'm-0',
        madeAt: 6,
        madeByRun: '6/1',
        uncertain: true,
        retiringSince: 7,
        verification: { outcome: 'works', at: 8, reason: 'invalid_grant' },
        removal: {
          stage: 'confirm',
          since: 9,
          asked: 1,
          accepted: true,
          unanswered: false,
          failures: 0,
          tryAt: 11,
          reason: 'asked',
        },
      },
    ],
    intent: { ...asked, limitAt: 70 },
    call: { clientId: 'abc', verb: 'update', requested, key: keyPair, startedAt: 12, limitAt: 72 },
    suspects: [{ ...asked, reason: 'no answer', since: 13 }],
    orphans: [{ clientId: 'old', server, marker: 'm-2', reason: 'refused', since: 14, access }],
    published: [
      {
        target: { kind: 'github', environment: 'production' },
        item,
        state: 'written',
        fingerprint: 'f',
        of: 'abc 2',
        at: 15,
        tokenKind: 'app',
        environmentMadeByUs: true,
        leftAt: 1_795_561_200_000,
      },
    ],
    announced: { clientId: 'abc', at: 16 },
    traits: {
      verifiable: true,
      updates: 'supported',
      removes: 'unsupported',
      updateReplacesSecret: false,
      updateReplacesToken: true,
      readReplacesToken: false,
      updateWantsSecret: true,
      assertionAudience: 'issuer',
    },
    ledger: [
      {
        clientId: 'old',
        server: server.registrationEndpoint,
        madeAt: 17,
        madeByRun: '5/1',
        endedAt: 18,
        ended: 'orphan',
      },
    ],
    backOff: { failures: 1, until: 19 },
  };
}
