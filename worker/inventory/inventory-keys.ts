/** Longest key of Workers KV, in bytes. */
const LONGEST_KEY = 512;

const PREFIX = { registration: 'registration/', tombstone: 'tombstone/', repository: 'repository/' } as const;

export const REPOSITORIES_PREFIX = PREFIX.repository;
export const REGISTRATIONS_PREFIX = PREFIX.registration;

export function repositoryKey(repositoryId: string): string {
  return PREFIX.repository + repositoryId;
}

export function registrationsPrefix(repositoryId: string): string {
  return `${PREFIX.registration}${repositoryId}/`;
}

export function registrationKey(repositoryId: string, key: string): string {
  return registrationsPrefix(repositoryId) + key;
}

export function tombstonesPrefix(repositoryId: string): string {
  return `${PREFIX.tombstone}${repositoryId}/`;
}

export function tombstoneKey(repositoryId: string, owner: string): string {
  return tombstonesPrefix(repositoryId) + owner;
}

/** Whether a registration or owner of this name can be kept. */
export function fitsInventory(key: string): boolean {
  return new TextEncoder().encode(registrationKey('9007199254740991', key)).length <= LONGEST_KEY;
}
