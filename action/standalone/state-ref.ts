import { RegistrarError } from '../../shared/errors/registrar-error.ts';

/** Where the state of an environment may be: outside branches and tags, else a branch. */
export type StateRefs = { readonly hidden: string; readonly branch: string };

const HIDDEN = 'refs/oauth-registrar/';
const BRANCH = 'refs/heads/oauth-registrar/';

/** What starts the names of all refs that hold state. */
export const STATE_PREFIXES: readonly string[] = [HIDDEN, BRANCH];

/** Git keeps a ref's name as a file name, and file systems take 255 bytes. */
const LONGEST = 200;

/** The refs of an environment. Whatever git does not take in a name, and `=` and `.`, is written `=` and two hex digits per byte. */
export function stateRefs(environment: string): StateRefs {
  const bytes = new TextEncoder().encode(environment);
  const name = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w-]/.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  if (name === '' || name.length > LONGEST) {
    throw new RegistrarError('input_invalid', {
      message: `The environment name ${name === '' ? 'is empty' : 'is too long to keep state under'}.`,
      hint: `Give a name of 1 to ${LONGEST} letters, digits, - or _ as \`environment\`; other characters count three times or more.`,
    });
  }
  return { hidden: HIDDEN + name, branch: BRANCH + name };
}

/** The environment that a ref holds the state of; undefined for a ref that is none of ours, whoever pushed it. */
export function environmentOf(ref: string): string | undefined {
  const prefix = STATE_PREFIXES.find((each) => ref.startsWith(each));
  const name = ref.slice(prefix?.length ?? 0);
  if (prefix === undefined || !/^(?:[\w-]|=[0-9a-f]{2})+$/.test(name) || name.length > LONGEST) {
    return undefined;
  }
  const environment = decoded(name);
  if (environment === undefined) return undefined;
  const { hidden, branch } = stateRefs(environment);
  return ref === hidden || ref === branch ? environment : undefined;
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replaceAll('=', '%'));
  } catch {
    return undefined;
  }
}
