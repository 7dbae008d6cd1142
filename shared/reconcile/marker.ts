import { printable } from '../errors/printable.ts';
import type { Random } from '../ports/ports.ts';
import type { RegistrationRecord, Suspect } from '../record/record.ts';
import { isOwned } from './record-queries.ts';

/**
 * A marker that no other registration attempt has: `or-` and 12 hexadecimal digits. Only for clients that end with their
 * owner; empty for permanent ones, because their name is what people read on the consent page.
 */
export function makeMarker(record: Pick<RegistrationRecord, 'owner' | 'desired'>, random: Random): string {
  if (!isOwned(record)) return '';
  return `or-${Array.from(random.bytes(6), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What an operator looks for to find a client whose registration was never answered. Printable. */
export function whatToLookFor(
  record: RegistrationRecord,
  { marker, requested, startedAt }: Omit<Suspect, 'reason' | 'since'>,
): string {
  if (marker !== '') return `a client whose client_name contains ${marker}`;
  const name =
    typeof requested.client_name === 'string' ? `named "${printable(requested.client_name, 80)}"` : 'without a name';
  const known = [...record.clients, ...record.orphans].map(({ clientId }) => printable(clientId, 80));
  const except = known.length === 0 ? '' : `, other than ${known.join(', ')}`;
  return `a client ${name} made within two minutes after ${new Date(startedAt).toISOString()}${except}`;
}

/** What a person does about a registration whose answer was lost. Nothing of a job-only client is remembered after the job. */
export function howToSettle({ desired }: RegistrationRecord): string {
  if (desired.ttl === 'job') return 'Ask the operator of the server to look for it and to delete it. Then run again.';
  const which = `\`environment: ${printable(desired.environment)}\` and \`clients: ${printable(desired.name)}\``;
  return `Ask the operator of the server to look for it. Then run \`command: resolve\` with ${which}, and \`resolution: forget\` if there is none, or \`resolution: adopt\` and its \`client-id\`. With a Worker its operator does this.`;
}
