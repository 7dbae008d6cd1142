import type { Owner } from '../shared/manifest/desired.ts';

/** An owner as one word: `pull_request:42`, `branch:feature-x`. */
export function ownerName(owner: Owner): string {
  return owner.kind === 'pull_request' ? `pull_request:${owner.number}` : `branch:${owner.name}`;
}
