import type { Sql } from './storage.ts';

/** Single facts of a repository's object. */
type MetaName =
  /** `owner/name`, as last heard of. */
  | 'repository_name'
  /** The numeric id of its owner. */
  | 'owner_id'
  /** The numeric id, because an object woken by its alarm may not be told its name. */
  | 'repository_id'
  /** Why registrations without an owner stay as they are. */
  | 'frozen'
  /** Set while what was restored waits for the operator. */
  | 'restored'
  /** Ids of the keys there were when every record that opens was sealed with the first of them. */
  | 'sealed_with'
  /** The last record under an older key that does not open, while records are sealed anew. */
  | 'sealing_passed'
  /** When the entry of the repository itself is to be written to the inventory. */
  | 'inventory_due'
  /** How often that failed in a row. */
  | 'inventory_failures';

export function getMeta(sql: Sql, name: MetaName): string | undefined {
  return sql.exec<{ value: string }>('SELECT value FROM meta WHERE name = ?', name).toArray()[0]?.value;
}

/** Sets a fact, or takes it away; writes nothing when it is so already. Answers whether it was written. */
export function setMeta(sql: Sql, name: MetaName, value: string | undefined): boolean {
  if (getMeta(sql, name) === value) return false;
  if (value === undefined) sql.exec('DELETE FROM meta WHERE name = ?', name);
  else sql.exec('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, value);
  return true;
}
