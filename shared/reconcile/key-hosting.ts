import { RegistrarError } from '../errors/registrar-error.ts';
import type { Desired } from '../manifest/desired.ts';
import type { JsonObject } from '../ports/ports.ts';
import type { Client, KeyPair, KeySet, RegistrationRecord } from '../record/record.ts';
import type { Ports } from './ports.ts';

/** How long a server may keep a hosted set, in seconds: what `Cache-Control` says with each answer. */
export const KEY_SET_SECONDS = 60;

/** The manifest wants keys that are made here, and rotates them: then they are hosted and not sent inline. */
export function hostsKeys({ makeKey, rotation }: Pick<Desired, 'makeKey' | 'rotation'>): boolean {
  return makeKey && rotation?.strategy === 'keys';
}

/** Keys of the client are to be in a set: as the manifest wants it, or until a rotation that goes on there is over. */
export function wantsKeySet(desired: Pick<Desired, 'makeKey' | 'rotation'>, client: Client): boolean {
  return hostsKeys(desired) || (desired.makeKey && rotatesKeys(client));
}

/** A set for the keys of a client that has none. Throws `input_invalid` where nothing hosts keys. */
export function newKeySet({ newKeySet: make }: Pick<Ports, 'newKeySet'>, { key }: Pick<Desired, 'key'>): KeySet {
  if (make !== undefined) return make();
  throw new RegistrarError('input_invalid', {
    message: `The keys of ${key} have to be hosted, and without a Worker nothing hosts them.`,
    hint: 'Give worker-url, or use the rotation strategy replace or in-place.',
    client: key,
  });
}

/** What is to be served of a set: public keys alone. */
export type HostedSet = { readonly id: string; readonly keys: readonly JsonObject[] };

/**
 * Every set that is hosted for a registration. A set is there before its address is sent to a server, and until nothing
 * that was sent with it is left: a client that could not be deleted cannot be used either.
 */
export function hostedSets({ clients, intent, call }: RegistrationRecord): readonly HostedSet[] {
  const sets = new Map<string, Map<string, JsonObject>>();
  const add = (keySet: KeySet | undefined, keys: readonly (Pick<KeyPair, 'keyId' | 'publicJwk'> | undefined)[]) => {
    if (keySet === undefined) return;
    const set = sets.get(keySet.id) ?? new Map<string, JsonObject>();
    sets.set(keySet.id, set);
    for (const key of keys) if (key !== undefined) set.set(key.keyId, key.publicJwk);
  };
  for (const { keySet, key, nextKey, retiringKeys = [] } of clients) add(keySet, [key, nextKey, ...retiringKeys]);
  add(intent?.keySet, [intent?.key]);
  add(call?.keySet, [call?.key]);
  return [...sets].map(([id, keys]) => ({ id, keys: [...keys.values()] }));
}

/** The client with the key that is to be published: the next one as soon as it was seen to work. */
export function withNewestKey(client: Client): Client {
  const { nextKey } = client;
  if (nextKey?.verification?.outcome !== 'works') return client;
  const { privateKey, keyId, publicJwk } = nextKey;
  return { ...client, key: { privateKey, keyId, publicJwk } };
}

/** An overlap of keys is under way, or one begins. */
export function rotatesKeys({ nextKey, retiringKeys = [] }: Client): boolean {
  return nextKey !== undefined || retiringKeys.length > 0;
}
