import { listRepositories } from '../inventory/read-inventory.ts';

/** Repositories per answer: a free plan has 50 outgoing calls per request. */
const PIECE = 40;

export type Piece<T> = { readonly found: readonly T[]; readonly cursor?: string };

/** Asks one repository, or a piece of all of them; `cursor` leads to the next piece. */
export async function overRepositories<T>({
  kv,
  repository,
  cursor,
  ask,
}: {
  readonly kv: KVNamespace;
  readonly repository: string | undefined;
  readonly cursor: string | undefined;
  readonly ask: (repositoryId: string) => Promise<T>;
}): Promise<Piece<T>> {
  if (repository !== undefined) return { found: [await ask(repository)] };
  const page = await listRepositories(kv, { cursor, limit: PIECE });
  return {
    found: await Promise.all(page.items.map(ask)),
    ...(page.cursor !== undefined && { cursor: page.cursor }),
  };
}
