import type { Tally } from './counts.ts';
import { instead } from './instead.ts';

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** The storage of an object, with its rows counted as the platform does. */
export function countedStorage(storage: DurableObjectStorage, tally: Tally): DurableObjectStorage {
  const exec = (query: string, ...bindings: unknown[]) => countedCursor(storage.sql.exec(query, ...bindings), tally);
  return instead(storage, {
    sql: instead(storage.sql, { exec }),
    setAlarm: (at: number) => {
      tally.add('rowsWritten');
      return storage.setAlarm(at);
    },
    deleteAlarm: () => {
      tally.add('rowsWritten');
      return storage.deleteAlarm();
    },
  });
}

/** What a statement has read and written is known when all its rows were taken. */
function countedCursor(cursor: Cursor, tally: Tally): Cursor {
  const seen = { rowsRead: 0, rowsWritten: 0 };
  const note = () => {
    for (const name of ['rowsRead', 'rowsWritten'] as const) {
      tally.add(name, cursor[name] - seen[name]);
      seen[name] = cursor[name];
    }
  };
  note();
  return instead(cursor, {
    toArray: () => {
      const rows = cursor.toArray();
      note();
      return rows;
    },
  });
}
