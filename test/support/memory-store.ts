import type { Adapter, StoredPayload } from 'oidc-provider';

type Entry = { readonly payload: StoredPayload; readonly expiresAt: number };

/** The authorization server's own storage, open to inspection. */
export type MemoryStore = {
  /** The adapter for one model of oidc-provider. */
  readonly adapter: (model: string) => Adapter;
  /** What is stored of a model and has not expired, oldest first. */
  readonly all: (model: string) => readonly StoredPayload[];
  readonly clear: () => void;
};

export function createMemoryStore(now: () => number = Date.now): MemoryStore {
  const models = new Map<string, Map<string, Entry>>();

  const entriesOf = (model: string): Map<string, Entry> => {
    const known = models.get(model);
    if (known !== undefined) return known;
    const entries = new Map<string, Entry>();
    models.set(model, entries);
    return entries;
  };
  const alive = (model: string): StoredPayload[] =>
    [...entriesOf(model).values()].filter((entry) => entry.expiresAt > now()).map((entry) => entry.payload);

  const adapter = (model: string): Adapter => ({
    async upsert(id, payload, expiresInSeconds) {
      const expiresAt = expiresInSeconds === undefined ? Number.POSITIVE_INFINITY : now() + expiresInSeconds * 1000;
      entriesOf(model).set(id, { payload, expiresAt });
    },
    async find(id) {
      const entry = entriesOf(model).get(id);
      return entry !== undefined && entry.expiresAt > now() ? entry.payload : undefined;
    },
    async findByUid(uid) {
      return alive(model).find((payload) => payload.uid === uid);
    },
    async findByUserCode(userCode) {
      return alive(model).find((payload) => payload.userCode === userCode);
    },
    async consume(id) {
      const entry = entriesOf(model).get(id);
      if (entry === undefined) return;
      const payload = { ...entry.payload, consumed: Math.floor(now() / 1000) };
      entriesOf(model).set(id, { ...entry, payload });
    },
    async destroy(id) {
      entriesOf(model).delete(id);
    },
    async revokeByGrantId(grantId) {
      for (const entries of models.values()) {
        for (const [id, entry] of entries) {
          if (entry.payload.grantId === grantId) entries.delete(id);
        }
      }
    },
  });

  return { adapter, all: alive, clear: () => models.clear() };
}
