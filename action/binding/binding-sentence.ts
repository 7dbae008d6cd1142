import { printable } from '../../shared/errors/printable.ts';
import type { Owner } from '../../shared/manifest/desired.ts';

/** What becomes of `subject` (a client or an environment), as one sentence for the log and the summary. */
export function bindingSentence(subject: string, owner: Owner | undefined): string {
  const name = printable(subject);
  switch (owner?.kind) {
    case 'pull_request':
      return `${name} belongs to #${owner.number} and goes when it closes`;
    case 'branch':
      return `${name} belongs to branch ${printable(owner.name)} and goes when it is deleted`;
    case undefined:
      return `${name}: no owner; stays until you delete it`;
  }
}
