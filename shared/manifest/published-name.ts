import type { PublishItem } from './desired.ts';

/** Names that begin like this are the product's own, such as the key of the sealed state. */
const OWN_PREFIX = 'OAUTH_REGISTRAR_';

/** A name as GitHub keeps it, which is in upper case. */
export function storedName(name: string): string {
  return name.toUpperCase();
}

/**
 * Why a secret or variable cannot have a name; undefined when it can.
 *
 * https://docs.github.com/actions/reference/security/secrets#naming-your-secrets
 */
export function publishedNameFault(name: string): string | undefined {
  if (!/^[a-z_][a-z0-9_]*$/i.test(name)) return 'it may have letters, digits and _ only, and no digit in front';
  const taken = ['GITHUB_', OWN_PREFIX].find((prefix) => storedName(name).startsWith(prefix));
  return taken === undefined ? undefined : `names that begin with ${taken} are reserved`;
}

/** Equal for names that are one name at GitHub: neither names nor environments are case-sensitive there. */
export function publishedPlace(environment: string | undefined, { kind, name }: PublishItem): string {
  return JSON.stringify([environment?.toLowerCase() ?? null, kind, storedName(name)]);
}
