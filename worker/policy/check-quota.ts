import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { ServerEntry } from '../config/config.ts';

/** Clients that are live at a server, without those of the registration that asks. */
export type LiveClients = {
  readonly inRepository: number;
  /** In all repositories together; undefined where it is not known. */
  readonly total?: number | undefined;
};

/** Throws a RegistrarError `quota_reached` when one more registration would have more clients live than the operator allows. */
export function checkQuota({
  key,
  entry,
  live,
}: {
  /** Of the registration that asks. */
  readonly key: string;
  readonly entry: ServerEntry;
  readonly live: LiveClients;
}): void {
  const { name, maxClientsPerRepository, maxClientsTotal } = entry;
  refuse(maxClientsPerRepository, live.inRepository, 'this repository');
  refuse(maxClientsTotal, live.total ?? 0, 'all repositories together');

  function refuse(most: number | undefined, there: number, where: string): void {
    if (most === undefined || there < most) return;
    const clients = most === 1 ? '1 client' : `${most} clients`;
    throw new RegistrarError('quota_reached', {
      message: `At ${name} the operator allows ${clients} for ${where}, and there are as many.`,
      client: key,
    });
  }
}
