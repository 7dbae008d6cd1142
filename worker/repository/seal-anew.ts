import { sealedAnew } from './arm.ts';
import type { Home } from './home.ts';
import { setMeta } from './meta.ts';
import { findRow } from './registration-rows.ts';

/** Records sealed anew per alarm: each takes a little of its CPU time. */
const PIECE = 25;

/** Seals some records that were sealed with an older key with the first one. A record under a missing key stays as it is. */
export async function sealAnew(home: Home): Promise<void> {
  const { sql, vault, turns } = home;
  if (sealedAnew(home)) return;
  const older = vault.keyIds.slice(1);
  const keys = sql
    .exec<{ key: string }>(
      `SELECT key FROM registrations WHERE key_id IN (${older.map(() => '?').join(', ')}) LIMIT ?`,
      ...older,
      PIECE,
    )
    .toArray()
    .map(({ key }) => key);
  for (const key of keys) await turns.take(key, () => sealOne(home, key));
  if (keys.length < PIECE) setMeta(sql, 'sealed_with', vault.keyIds.join(' '));
}

async function sealOne({ sql, vault, clock }: Home, key: string): Promise<void> {
  const row = findRow(sql, key);
  if (row === undefined || row.key_id === vault.keyId) return;
  const sealed = await vault.seal(await vault.open(key, row.sealed));
  sql.exec(
    'UPDATE registrations SET sealed = ?, key_id = ?, inventory_due = ? WHERE key = ? AND sealed = ?',
    sealed,
    vault.keyId,
    clock.now(),
    key,
    row.sealed,
  );
}
