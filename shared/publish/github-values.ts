import { storedName } from '../manifest/published-name.ts';
import type { Random } from '../ports/ports.ts';
import type { GitHubAnswer, GitHubCalls } from './github-calls.ts';
import type { Access } from './github-permissions.ts';
import { createPublicKeys, type PublicKey, unusableKey } from './github-public-keys.ts';
import { describeTarget, type Place, placePath } from './publish-place.ts';
import { sealedBox } from './sealed-box.ts';

/** Values at one repository: what GitHub answers is handed on, and only what is safe to repeat is repeated. */
export type Values = {
  /** Asks for what writing to a place will need, so that it need not be waited for then. Never rejects. */
  readonly prepare: (place: Place) => Promise<void>;
  /** Makes or replaces a secret. 201 and 204 are success. */
  readonly putSecret: (place: Place, name: string, value: string) => Promise<GitHubAnswer>;
  /** Makes a variable. 201 is success; 409 means that it exists. */
  readonly postVariable: (place: Place, name: string, value: string) => Promise<GitHubAnswer>;
  /** Changes a variable that exists. 204 is success; 404 may mean that it does not. */
  readonly patchVariable: (place: Place, name: string, value: string) => Promise<GitHubAnswer>;
  /** Removes a name. 204 is success; 404 may mean that it is gone. */
  readonly remove: (place: Place, name: string) => Promise<GitHubAnswer>;
};

/** {@link Values} over the REST API. */
export function createValues(calls: GitHubCalls, access: Access, random: Random): Values {
  const keys = createPublicKeys(calls);

  const describe = (verb: string, place: Place, name: string) =>
    `${verb} ${place.kind} ${storedName(name)} of ${describeTarget(place, access)}`;

  async function sealAndPut(place: Place, name: string, value: string, key: PublicKey): Promise<GitHubAnswer> {
    const { path, parameters } = placePath(place);
    return calls({
      route: `PUT ${path}/{secret_name}`,
      parameters: {
        ...parameters,
        secret_name: storedName(name),
        encrypted_value: seal(value, key, random),
        key_id: key.id,
      },
      doing: describe('Writing', place, name),
    });
  }

  return {
    prepare: async (place) => {
      if (place.kind === 'secret') {
        await keys.get(place).catch(() => undefined);
      }
    },
    putSecret: async (place, name, value) => {
      const key = await keys.get(place);
      if ('refusal' in key) {
        return key.refusal;
      }
      const answer = await sealAndPut(place, name, value, key);
      const newer = answer.status === 422 ? await keys.after(place, key) : undefined;
      return newer === undefined ? answer : sealAndPut(place, name, value, newer);
    },
    postVariable: (place, name, value) => {
      const { path, parameters } = placePath(place);
      return calls({
        route: `POST ${path}`,
        parameters: { ...parameters, name: storedName(name), value },
        doing: describe('Writing', place, name),
      });
    },
    patchVariable: (place, name, value) => {
      const { path, parameters } = placePath(place);
      return calls({
        route: `PATCH ${path}/{name}`,
        parameters: { ...parameters, name: storedName(name), value },
        doing: describe('Writing', place, name),
      });
    },
    remove: (place, name) => {
      const { path, parameters } = placePath(place);
      return calls({
        route: `DELETE ${path}/{name}`,
        parameters: { ...parameters, name: storedName(name) },
        doing: describe('Removing', place, name),
      });
    },
  };
}

function seal(value: string, key: PublicKey, random: Random): string {
  try {
    return sealedBox(value, key.key, random);
  } catch {
    throw unusableKey();
  }
}
