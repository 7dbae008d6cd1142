import type { TestWorker } from '../test/worker/support/worker.ts';

/** Far from everything that a run of the benchmark makes due. */
const LATER_MS = 10 * 86_400_000;

/**
 * Fills the tables of an object up to so many registrations, each with a ledger row, an event, a tombstone and a
 * delivery, as repositories have them that live for long. What is filled in is never opened.
 */
export async function fillObject({ sql }: TestWorker, stored: number): Promise<void> {
  const [row] = await sql("SELECT count(*) AS count FROM registrations WHERE key LIKE 'filled-%'");
  const from = Number(row?.count);
  const [sealed] = await sql("SELECT sealed, key_id FROM registrations WHERE key NOT LIKE 'filled-%' LIMIT 1");
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT ${from + 1} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${stored})`;
  const now = Date.now();
  await sql(
    `${numbers} INSERT INTO registrations (key, sealed, key_id, status, owner, endpoint, traits, summary, due)
     SELECT 'filled-' || n || '/web', ?, ?, 'active', 'branch:filled-' || n, 'https://as.example.org/reg', '{}', '{}', ? + n
     FROM numbers`,
    String(sealed?.sealed),
    String(sealed?.key_id),
    now + LATER_MS,
  );
  await sql(
    `${numbers} INSERT INTO ledger (registration, client_id, server, made_at)
     SELECT 'filled-' || n || '/web', 'client-' || n, 'https://as.example.org', ? FROM numbers`,
    now,
  );
  await sql(
    `${numbers} INSERT INTO events (at, registration, event) SELECT ?, 'filled-' || n || '/web', '{}' FROM numbers`,
    now,
  );
  await sql(
    `${numbers} INSERT INTO tombstones (owner, ended_at, reason) SELECT 'branch:ended-' || n, ?, 'ended' FROM numbers`,
    now,
  );
  await sql(
    `${numbers} INSERT INTO deliveries (id, at, outcome) SELECT 'github:filled-' || n, ?, 'taken' FROM numbers`,
    now,
  );
}
