import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import { sealedBox } from '../../shared/publish/sealed-box.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Overview } from './calls.ts';
import type { Home } from './home.ts';
import { ledgerOf } from './ledger-rows.ts';
import { getMeta } from './meta.ts';
import { problemOf, type RegistrationRow } from './registration-rows.ts';
import type { Summary } from './summary.ts';

/** How the repository stands; no record is opened for it. */
export function overview({ sql, vault, repositoryId, isKept }: Home): Overview {
  const nothing = { repository: repositoryId, held: false, registrations: [] };
  if (!isKept()) return nothing;
  const name = getMeta(sql, 'repository_name');
  const frozen = getMeta(sql, 'frozen');
  return {
    repository: repositoryId,
    ...(name !== undefined && { name }),
    ...(frozen !== undefined && { frozen }),
    held: getMeta(sql, 'restored') !== undefined,
    registrations: sql
      .exec<RegistrationRow>('SELECT * FROM registrations ORDER BY key')
      .toArray()
      .map((row) => {
        const problem = problemOf(row);
        return {
          key: row.key,
          status: row.status,
          ...(JSON.parse(row.summary) as Summary),
          ...(row.owner !== null && { owner: row.owner }),
          key_id: row.key_id,
          locked: !vault.keyIds.includes(row.key_id),
          ...(row.due !== null && { due: new Date(row.due).toISOString() }),
          ...(problem && { problem: `${problem.code}: ${problem.message}` }),
        };
      }),
  };
}

/** How many records are sealed under each key. */
export function keyCounts({ sql, isKept }: Home): Readonly<Record<string, number>> {
  if (!isKept()) return {};
  const rows = sql.exec<{ key_id: string; count: number }>(
    'SELECT key_id, count(*) AS count FROM registrations GROUP BY key_id',
  );
  return Object.fromEntries(rows.toArray().map(({ key_id, count }) => [key_id, count]));
}

/**
 * Everything that is kept, sealed to a public key (base64, X25519; opened with libsodium's `crypto_box_seal_open`). What
 * is locked is named and left out.
 */
export async function exportAll(
  { sql, vault, random, repositoryId, isKept }: Home,
  publicKey: string,
): Promise<string> {
  const registrations: RegistrationRecord[] = [];
  const locked: string[] = [];
  const rows = isKept() ? sql.exec<RegistrationRow>('SELECT * FROM registrations ORDER BY key').toArray() : [];
  for (const { key, sealed } of rows) {
    try {
      registrations.push({ ...(await vault.open(key, sealed)), ledger: ledgerOf(sql, key) });
    } catch (error) {
      if (!isRegistrarError(error)) throw error;
      locked.push(key);
    }
  }
  const tombstones = isKept() ? sql.exec('SELECT owner, ended_at, reopened_at, reason FROM tombstones').toArray() : [];
  const contributions = isKept() ? sql.exec('SELECT * FROM contributions').toArray() : [];
  try {
    return sealedBox(
      JSON.stringify({ repository: repositoryId, registrations, locked, tombstones, contributions }),
      publicKey,
      random,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RegistrarError('request_invalid', { message: 'public_key is not 32 bytes in base64 (X25519).' });
  }
}
