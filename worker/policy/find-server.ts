import { showUrl } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { ServerReference } from '../../shared/manifest/desired.ts';
import type { ServerRecord } from '../../shared/record/record.ts';
import type { ServerEntry } from '../config/config.ts';
import { sameAddress } from '../config/read-servers.ts';

type Repository = { readonly repositoryId: string; readonly ownerId: string };

/**
 * The entry of SERVERS for the server that a manifest names: by its address, or by its registration endpoint when it
 * gives no address. The first that fits and that the repository may use.
 *
 * Throws a RegistrarError `policy_refused` when there is none.
 */
export function findServer(
  servers: readonly ServerEntry[],
  reference: ServerReference,
  repository: Repository,
): ServerEntry {
  const entry = servers.find((candidate) => isNamed(candidate, reference) && mayUse(candidate, repository));
  if (entry !== undefined) return entry;
  const shown = showUrl(reference.address ?? reference.registrationEndpoint ?? '');
  throw new RegistrarError('policy_refused', {
    message: `${shown} is not a server that this repository may use, so nothing was sent to it.`,
    hint: 'Give `server` in the manifest as the operator of the Worker lists it, or ask the operator to add it to SERVERS.',
    server: shown,
  });
}

/**
 * The entry of SERVERS for a server that clients were registered at before, for the initial access token; undefined when
 * it is no longer listed, or is listed with another registration endpoint.
 */
export function entryOfRecord(
  servers: readonly ServerEntry[],
  { address, registrationEndpoint }: ServerRecord,
  repository: Repository,
): ServerEntry | undefined {
  return servers.find(
    (entry) =>
      mayUse(entry, repository) &&
      (entry.registrationEndpoint === undefined
        ? hasAddress(entry, address)
        : sameUrl(entry.registrationEndpoint, registrationEndpoint)),
  );
}

function isNamed(entry: ServerEntry, { address, registrationEndpoint }: ServerReference): boolean {
  return address === undefined
    ? registrationEndpoint !== undefined && sameUrl(entry.registrationEndpoint, registrationEndpoint)
    : hasAddress(entry, address);
}

function hasAddress({ addresses }: ServerEntry, address: string): boolean {
  return addresses.some((listed) => sameAddress(listed) === sameAddress(address));
}

function sameUrl(listed: string | undefined, url: string): boolean {
  return listed !== undefined && URL.canParse(url) && new URL(url).href === new URL(listed).href;
}

function mayUse({ onlyOwners, onlyRepositories }: ServerEntry, { ownerId, repositoryId }: Repository): boolean {
  if (onlyOwners === undefined && onlyRepositories === undefined) return true;
  return onlyOwners?.includes(ownerId) === true || onlyRepositories?.includes(repositoryId) === true;
}
