import type { Call, Client, KeyPair, RegistrationRecord } from '../record/record.ts';
import { DEFAULT_ALGORITHM, makeKeyPair } from '../registration/make-key.ts';
import { replaceClient } from './adopt-answer.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { asProblem } from './problem.ts';

/** Time limit of one call at the server, with some room: after it the call is over for certain. */
export const CALL_MS = 65_000;

/** A record while a call is under way. */
export type BegunRecord = RegistrationRecord & { readonly call: Call };

/** Saves that a call begins, so that after a crash nothing else is sent for the client before it is over. */
export async function beginCall(
  record: RegistrationRecord,
  client: Pick<Client, 'clientId'>,
  verb: Call['verb'],
  ports: Pick<Ports, 'clock' | 'store'>,
  more: Pick<Call, 'requested' | 'key' | 'keySet'> = {},
): Promise<BegunRecord> {
  const startedAt = ports.clock.now();
  const begun = {
    ...record,
    call: { clientId: client.clientId, verb, startedAt, limitAt: startedAt + CALL_MS, ...more },
  };
  await ports.store.save(begun);
  return begun;
}

/** Saves the record as what the step came to. When that fails it is still what the step came to: nothing newer exists. */
export async function save(
  ports: Ports,
  record: RegistrationRecord,
  { events = [], problem }: Partial<Omit<Performed, 'record'>> = {},
): Promise<Performed> {
  try {
    await ports.store.save(record);
  } catch (error) {
    return { record, events, problem: asProblem(record, error) };
  }
  return { record, events, ...(problem && { problem }) };
}

/** The record with one client replaced. */
export function withClient(record: RegistrationRecord, before: Client, after: Client): RegistrationRecord {
  return { ...record, clients: replaceClient(record.clients, before, after) };
}

/** A key pair of the algorithm the metadata asks for, already protected. */
export async function keyFor(metadata: RegistrationRecord['desired']['metadata'], ports: Ports): Promise<KeyPair> {
  const asked = metadata.token_endpoint_auth_signing_alg;
  const key = await makeKeyPair(typeof asked === 'string' ? asked : DEFAULT_ALGORITHM);
  ports.protect([key.privateKey]);
  return key;
}

/** Hands a client's secrets to the home, which keeps them out of logs. */
export function protect(client: Client, ports: Ports): void {
  const keys = [client.key?.privateKey, client.nextKey?.privateKey];
  const secrets = [client.clientSecret, client.access?.registrationAccessToken, ...keys];
  ports.protect(secrets.filter((secret) => secret !== undefined));
}

/** A number from 0 to 1. */
export function jitter(ports: Pick<Ports, 'random'>): number {
  return Math.max(...ports.random.bytes(1)) / 255;
}
