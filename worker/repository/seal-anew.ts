import type { Home } from './home.ts';
import { setMeta } from './meta.ts';
import { logLine, whereThrown } from './platform.ts';
import { findRow } from './registration-rows.ts';
import { failureOf } from './reply.ts';
import { passedOver, passOver, sealedAll, sealedAnew } from './sealed-with.ts';

/** Records sealed anew per alarm: each takes a little of its CPU time. */
const PIECE = 25;

/**
 * Seals some records that were sealed with an older key with the first one. A record under a missing key stays as it is,
 * and so does one that does not open: it is passed over.
 */
export async function sealAnew(home: Home): Promise<void> {
  const { sql, storage, vault, turns } = home;
  if (sealedAnew(home)) return;
  const older = vault.keyIds.slice(1);
  const keys = sql
    .exec<{ key: string }>(
      `SELECT key FROM registrations WHERE key > ? AND key_id IN (${older.map(() => '?').join(', ')}) ORDER BY key LIMIT ?`,
      passedOver(home) ?? '',
      ...older,
      PIECE,
    )
    .toArray()
    .map(({ key }) => key);
  for (const key of keys) await turns.take(key, () => sealOne(home, key));
  if (keys.length === PIECE) return;
  storage.transactionSync(() => {
    setMeta(sql, 'sealed_with', sealedAll(home));
    setMeta(sql, 'sealing_passed', undefined);
  });
}

async function sealOne(home: Home, key: string): Promise<void> {
  const { sql, vault, clock, repositoryId } = home;
  const row = findRow(sql, key);
  if (row === undefined || row.key_id === vault.keyId) return;
  const sealed = await vault
    .open(key, row.sealed)
    .then(vault.seal)
    .catch((error: unknown) => {
      logLine({
        at: 'seal_anew',
        repository: repositoryId,
        registration: key,
        problem: failureOf(error).code,
        ...whereThrown(error),
      });
    });
  if (sealed === undefined) return passOver(home, key);
  sql.exec(
    'UPDATE registrations SET sealed = ?, key_id = ?, inventory_due = ? WHERE key = ? AND sealed = ?',
    sealed,
    vault.keyId,
    clock.now(),
    key,
    row.sealed,
  );
}
