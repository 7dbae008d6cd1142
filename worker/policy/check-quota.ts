import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { ServerEntry } from '../config/config.ts';

/** Throws a RegistrarError `quota_reached` when one more registration would have more clients live than the operator allows. */
export function checkQuota({
  key,
  entry,
  live,
}: {
  /** Of the registration that asks. */
  readonly key: string;
  readonly entry: Pick<ServerEntry, 'name' | 'maxClientsPerRepository'>;
  /** Clients at the server that the other registrations of the repository have, or may have. */
  readonly live: number;
}): void {
  const { name, maxClientsPerRepository: most } = entry;
  if (most === undefined || live < most) return;
  const clients = most === 1 ? '1 client' : `${most} clients`;
  throw new RegistrarError('quota_reached', {
    message: `At ${name} the operator allows ${clients} for this repository, and there are as many.`,
    client: key,
  });
}
