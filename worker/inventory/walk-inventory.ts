import { listRepositories } from './read-inventory.ts';

/** Where the walk through the inventory has come to. */
const CURSOR_KEY = 'cron/cursor';

/** Repositories per run: a free plan has 50 outgoing calls, each repository costs one, and others are needed. */
const PIECE = 20;

/**
 * Wakes the objects of some repositories, so that one whose alarm was lost sets it again; the next run goes on where
 * this one stopped. Answers how many were woken and how many could not be.
 */
export async function walkInventory(
  kv: KVNamespace,
  wake: (repositoryId: string) => Promise<void>,
): Promise<{ readonly woken: number; readonly failed: number }> {
  const stored = (await kv.get(CURSOR_KEY)) ?? undefined;
  const page = await listRepositories(kv, { cursor: stored, limit: PIECE }).catch(async (error: unknown) => {
    // A cursor that is not taken any more would end every run to come.
    if (stored !== undefined) await kv.delete(CURSOR_KEY);
    throw error;
  });
  const results = await Promise.allSettled(page.items.map(wake));
  if (page.cursor !== stored) {
    await (page.cursor === undefined ? kv.delete(CURSOR_KEY) : kv.put(CURSOR_KEY, page.cursor));
  }
  const failed = results.filter(({ status }) => status === 'rejected').length;
  return { woken: results.length - failed, failed };
}
