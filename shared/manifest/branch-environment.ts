/** With `branch-` and a hash it still fits into one DNS label of 63. */
const LONGEST_SLUG = 38;
const HASH_DIGITS = 16;

/** Ends as a name with a hash does, so it gets one of its own. */
const LIKE_HASHED = /-[0-9a-f]{16}$/u;

/**
 * The environment of a branch: `branch-` and its name, in small letters and with hyphens, so that it can be part of a
 * host name. A name that had to be changed for that ends in a hash, so that no two branches share an environment.
 *
 * `sha256` gives the SHA-256 of a text's UTF-8 bytes in hexadecimal.
 */
export function branchEnvironment(branch: string, sha256: (text: string) => string): string {
  const slug = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .slice(0, LONGEST_SLUG)
    .replace(/^-|-$/gu, '');
  if (slug === branch && !LIKE_HASHED.test(slug)) return `branch-${slug}`;
  const hash = sha256(branch).slice(0, HASH_DIGITS);
  return slug === '' ? `branch-${hash}` : `branch-${slug}-${hash}`;
}
