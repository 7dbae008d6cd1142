import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** With `branch-` and a hash it still fits into one DNS label of 63. */
const LONGEST_SLUG = 40;

/** The environment of a branch, as the Action names it. */
export function branchEnvironment(branch: string): string {
  const slug = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .slice(0, LONGEST_SLUG)
    .replace(/^-+|-+$/gu, '');
  if (slug === branch) return `branch-${slug}`;
  const hash = bytesToHex(sha256(utf8ToBytes(branch))).slice(0, 8);
  return slug === '' ? `branch-${hash}` : `branch-${slug}-${hash}`;
}
