import { expect, test } from 'vitest';
import type { RegistrationRecord } from '../../../shared/record/record.ts';
import type { Home } from '../../../worker/repository/home.ts';
import { createJobSink } from '../../../worker/repository/job-sink.ts';
import { withLeftNames } from '../../../worker/repository/left-names.ts';
import { createRecordStore } from '../../../worker/repository/record-store.ts';
import { NOW, OWNER, record, SECRET, target } from '../../reconcile/build.ts';
import { plainVault } from '../../schedules/stage.ts';
import { openStorage } from '../support/sql-storage.ts';

const PUBLISHED = { target: { kind: 'github' }, item: SECRET, state: 'written', at: NOW, tokenKind: 'job' } as const;
const ENDING = { since: NOW, reason: 'closed' };

function openHome(): Home {
  const storage = openStorage();
  return {
    storage,
    sql: storage.sql,
    vault: plainVault({ keys: [{ id: 'one' }] }),
    clock: { now: () => NOW },
    alarm: { soonest: async () => {} },
    settings: { config: { servers: [] } },
  } as unknown as Home;
}

/** What is known of a name that a registration gave up. */
async function afterLeaving(changes: Partial<RegistrationRecord> & Pick<RegistrationRecord, 'key'>) {
  const home = openHome();
  const { sql } = home;
  const store = createRecordStore(home, changes.key, undefined, { run: '7', left: [PUBLISHED] });
  const seen = () => ({
    names: sql.exec('SELECT place FROM names').toArray().length,
    left: sql.exec('SELECT place FROM left_names').toArray().length,
    events: sql.exec<{ event: string }>('SELECT event FROM events').toArray(),
  });
  const all = record({ ...changes, published: [PUBLISHED] });
  await store.save(all);
  const before = seen();
  const without = { ...all, published: [] };
  await store.save(without);
  const after = seen();
  await store.save(without);
  expect(seen()).toEqual(after);
  return [before, after];
}

test.each([
  { key: 'pr-42/web', owner: OWNER, ending: ENDING, left: 1 },
  { key: 'pr-42/web', owner: OWNER, left: 1 },
  { key: 'production/web', left: 1 },
  { key: 'production/web', ending: ENDING, left: 0 },
  { key: 'shared/previews/preview-*/web', ending: ENDING, left: 1 },
  { key: 'shared/permanent/stage-*/web', ending: ENDING, left: 0 },
])('a name is left, and told of once, when the record without it is saved: %o', async ({ left, ...changes }) => {
  const event = JSON.stringify({ kind: 'names_left', names: [SECRET.name] });
  expect(await afterLeaving(changes)).toEqual([
    { names: 1, left: 0, events: [] },
    { names: 0, left, events: [{ event }] },
  ]);
});

test('a name that was left is that of the registration that left it, until another takes it', async () => {
  const home = openHome();
  const { sql } = home;
  const seenBy = async (registration: string) => {
    const sink = createJobSink({ registration, now: () => NOW, left: () => {} });
    const claim = withLeftNames(sink, sql, registration, () => NOW).claim({ targets: [target(SECRET)], ours: [] });
    return (await claim).map(({ of, tokenKind, leftAt }) => ({ of, tokenKind, leftAt }));
  };
  const unseen = [{ of: undefined, tokenKind: 'unseen', leftAt: undefined }];
  const before = { ...record({ key: 'pr-42/web', owner: OWNER }), published: [PUBLISHED] };
  const store = createRecordStore(home, before.key, undefined, { left: [PUBLISHED] });
  await store.save(before);
  await store.save({ ...before, published: [] });
  expect(await seenBy('pr-42/web')).toEqual([{ of: expect.any(String), tokenKind: undefined, leftAt: NOW }]);
  expect(await seenBy('pr-43/web')).toEqual(unseen);
  const other = { ...record({ key: 'pr-43/web' }), published: [PUBLISHED] };
  await createRecordStore(home, other.key, undefined).save(other);
  expect(await seenBy('pr-42/web')).toEqual(unseen);
});
