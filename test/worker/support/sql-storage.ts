import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { migrate } from '../../../worker/repository/schema.ts';
import type { ObjectStorage } from '../../../worker/repository/storage.ts';

/** The storage of an object, over SQLite in memory, as far as it is used synchronously. */
export function openStorage({ empty = false }: { readonly empty?: boolean } = {}): ObjectStorage {
  const storage = storageOver(new DatabaseSync(':memory:'));
  if (!empty) migrate(storage);
  return storage;
}

/** The same, over a database that holds something. */
export function storageOver(database: DatabaseSync): ObjectStorage {
  const statements = new Map<string, { readonly statement: StatementSync; readonly answers: boolean }>();
  const prepared = (query: string) => {
    const statement = database.prepare(query);
    return { statement, answers: statement.columns().length > 0 };
  };
  const exec = (query: string, ...bindings: (string | number | null)[]) => {
    if (bindings.length === 0 && query.includes(';')) {
      database.exec(query);
      return { toArray: () => [], rowsWritten: 0 };
    }
    const known = statements.get(query) ?? prepared(query);
    statements.set(query, known);
    const { statement, answers } = known;
    if (answers) {
      const rows = statement.all(...bindings);
      return { toArray: () => rows, rowsWritten: 0 };
    }
    return { toArray: () => [], rowsWritten: Number(statement.run(...bindings).changes) };
  };
  return {
    sql: { exec },
    transactionSync: <T>(work: () => T): T => {
      database.exec('SAVEPOINT work');
      try {
        const result = work();
        database.exec('RELEASE work');
        return result;
      } catch (error) {
        database.exec('ROLLBACK TO work');
        database.exec('RELEASE work');
        throw error;
      }
    },
  } as unknown as ObjectStorage;
}
