import { hash } from 'node:crypto';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock, Fetch, Random } from '../../shared/ports/ports.ts';
import type { KeyPair, RegistrationRecord } from '../../shared/record/record.ts';
import type { SealKey } from '../../shared/record/seal.ts';
import type { Settings } from '../../worker/repository/settings.ts';
import type { Vault } from '../../worker/repository/vault.ts';
import type { Network } from './network.ts';

/** What the modules of the Worker get instead of the platform: whatever the schedule that runs has put here. */
type Stage = {
  network: Network;
  fetch: Fetch;
  settings: Settings;
  lines: string[];
  bytes: number;
};

export const stage = {} as Stage;

export const clock: Clock = {
  now: () => stage.network.now() - stage.network.behind(),
  sleep: (ms, signal) => stage.network.clockOf(stage.network.life()).sleep(ms, signal),
};

/** Repeatable, and never the same twice. */
export const random: Random = {
  bytes: (length) => {
    stage.bytes += 1;
    const digest = hash('sha512', String(stage.bytes), 'buffer');
    return Uint8Array.from({ length }, (_, index) => digest[index % digest.length] ?? 0);
  },
};

export const platformFetch: Fetch = (url, init) => stage.fetch(url, init);

export function logLine(line: object): void {
  stage.lines.push(JSON.stringify(line));
}

/** What was sealed, by the number in the text that stands for it. */
let sealed: { readonly json: string; record?: RegistrationRecord }[] = [];

/** What was sealed before can no longer be opened. */
export function forgetSealed(): void {
  sealed = [];
}

/**
 * Not sealed, so that a schedule takes milliseconds and is the same each time; what sealing promises has its own tests.
 * Like the real one it opens only what was sealed with a key that is there.
 */
export function plainVault({ keys }: { readonly keys: readonly Pick<SealKey, 'id'>[] }): Vault {
  const keyIds = keys.map(({ id }) => id);
  const [keyId = ''] = keyIds;
  return {
    keyId,
    keyIds,
    seal: async (record) => `plain.${keyId}.${sealed.push({ json: JSON.stringify(record) }) - 1}`,
    open: async (key, text) => {
      if (!keyIds.includes(keyOfPlain(text))) throw new RegistrarError('registration_locked', { message: 'no key' });
      const record = openPlain(text);
      if (record.key !== key) throw new RegistrarError('state_damaged', { message: 'of another registration' });
      return record;
    },
  };
}

/** Id of the key that a text is under. */
export function keyOfPlain(text: string): string {
  return text.split('.')[1] ?? '';
}

export function openPlain(text: string): RegistrationRecord {
  const found = sealed[Number(text.split('.')[2])];
  if (found === undefined) throw new Error(`${text} was not sealed here`);
  found.record ??= frozen(JSON.parse(found.json) as RegistrationRecord);
  return found.record;
}

/** Records are never changed in place: whoever tries that is told. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

export async function quickFingerprint(value: string): Promise<string> {
  return hash('sha256', value, 'base64url');
}

export function plainBox(value: string): string {
  return Buffer.from(value).toString('base64');
}

export function openBox(sealed: string): string {
  return Buffer.from(sealed, 'base64').toString();
}

/** A key pair without mathematics, and never the same twice. */
export async function quickKeyPair(algorithm = 'ES384'): Promise<KeyPair> {
  stage.bytes += 1;
  const keyId = `key-${stage.bytes}`;
  return { privateKey: privateKeyOf(keyId), keyId, publicJwk: { kty: 'EC', kid: keyId, alg: algorithm } };
}

export const privateKeyOf = (keyId: string): string => keyId.replace('key', 'private');

export const quickSign = async ({ privateKey }: KeyPair, bytes: Uint8Array): Promise<Uint8Array> =>
  Buffer.from(quickSignature(privateKey, Buffer.from(bytes).toString()), 'base64url');

export function quickSignature(privateKey: string, text: string): string {
  return hash('sha256', `${privateKey} ${text}`, 'base64url');
}
