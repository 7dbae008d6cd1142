import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Random } from '../../shared/ports/ports.ts';
import { decodeState, EMPTY_STATE, encodeState } from '../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { open, type SealKey, seal } from '../../shared/record/seal.ts';
import { VERSION } from '../version.ts';
import { NEWER_HINT } from './schema.ts';

/** Seals records of one repository and opens them; what was copied from another repository or registration does not open. */
export type Vault = {
  /** Id of the key that seals. */
  readonly keyId: string;
  /** Ids of all keys there are. */
  readonly keyIds: readonly string[];
  readonly seal: (record: RegistrationRecord) => Promise<string>;
  /**
   * Rejects with `registration_locked` when the key is not there, `state_damaged` or `state_newer` when the text is not
   * what this version wrote for this registration.
   */
  readonly open: (key: string, sealed: string) => Promise<RegistrationRecord>;
};

export function createVault({
  repositoryId,
  keys,
  random,
}: {
  readonly repositoryId: string;
  /** The first seals, each opens. */
  readonly keys: readonly SealKey[];
  readonly random: Random;
}): Vault {
  const bound = (key: string) => [repositoryId, key, 'record'];
  return {
    keyId: keys[0]?.id ?? '',
    keyIds: keys.map(({ id }) => id),
    seal: (record) =>
      seal({
        keys,
        aad: bound(record.key),
        random,
        text: encodeState({ ...EMPTY_STATE, registrations: { [record.key]: record }, savedWith: VERSION }),
      }),
    open: async (key, sealed) => {
      try {
        const { text } = await open({ keys, aad: bound(key), sealed });
        const record = decodeState(text).registrations[key];
        if (record !== undefined) return record;
      } catch (error) {
        throw isRegistrarError(error) ? unopened(key, sealed, error) : error;
      }
      throw new RegistrarError('state_damaged', { message: `The record of ${key} is of another registration.` });
    },
  };
}

/** What a job is told of it, and who can do something about it. */
function unopened(key: string, sealed: string, cause: RegistrarError): RegistrarError {
  switch (cause.code) {
    case 'state_key_wrong':
      return new RegistrarError('registration_locked', {
        message: `${key} is sealed with key ${keyIdOf(sealed)}, which the Worker does not have. Nothing was changed.`,
        client: key,
        cause,
      });
    case 'state_newer':
      return new RegistrarError('state_newer', {
        message: `The record of ${key} was written by a later version of the Worker than this one, ${VERSION}. ${cause.message}`,
        hint: NEWER_HINT,
        client: key,
        cause,
      });
    default:
      return cause;
  }
}

/** Id of the key that a text was sealed with. */
function keyIdOf(sealed: string): string {
  return sealed.split('.')[1] ?? '';
}
