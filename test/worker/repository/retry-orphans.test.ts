import { expect, test } from 'vitest';
import type { Http, HttpRequest, HttpResponse } from '../../../shared/http/http.ts';
import type { RegistrationRecord } from '../../../shared/record/record.ts';
import { createCallOrder } from '../../../shared/registration/call-order.ts';
import { createAlarmClock } from '../../../worker/repository/alarm-clock.ts';
import { eventsSince } from '../../../worker/repository/event-rows.ts';
import type { Home } from '../../../worker/repository/home.ts';
import { ledgerOf } from '../../../worker/repository/ledger-rows.ts';
import { loadRecord } from '../../../worker/repository/load-record.ts';
import { createRecordStore, type Loaded } from '../../../worker/repository/record-store.ts';
import { retryOrphans } from '../../../worker/repository/retry-orphans.ts';
import { access, client, DAY, NOW, record, SERVER } from '../../reconcile/build.ts';
import { plainVault } from '../../schedules/stage.ts';
import { openStorage } from '../support/sql-storage.ts';

const KEY = 'production/web';
const orphan = (clientId: string) => ({
  clientId,
  server: SERVER,
  marker: '',
  reason: 'it answered 403',
  since: NOW - 31 * DAY,
  access: access(clientId),
});

/** An object with one registration, at a server that answers one thing after the other; it ends when it has saved so often. */
async function objectWith(
  stored: Partial<RegistrationRecord>,
  answers: readonly (number | 'silence')[],
  { saves = Number.POSITIVE_INFINITY }: { readonly saves?: number } = {},
) {
  const storage = { ...openStorage(), getAlarm: async () => null, setAlarm: async () => {} } as ReturnType<
    typeof openStorage
  >;
  const alarm = createAlarmClock(storage);
  let savesLeft = saves;
  const soonest = async (at: number): Promise<void> => {
    savesLeft -= 1;
    if (savesLeft <= 0) throw new Error('the object has ended');
    await alarm.soonest(at);
  };
  const sent: unknown[] = [];
  const calls = [...answers];
  const http: Http = async ({ method, url }: HttpRequest): Promise<HttpResponse> => {
    const kept = (await loadRecord(home, KEY))?.stored;
    sent.push([method, url.split('/').at(-1), kept?.call?.verb, kept?.call?.clientId]);
    const status = calls.shift() ?? 500;
    if (status === 'silence') throw Object.assign(new Error('no answer'), { code: 'server_no_answer' });
    return { status, header: () => null, text: status === 200 ? JSON.stringify({ client_id: 'a' }) : '' };
  };
  const home = {
    storage,
    sql: storage.sql,
    vault: plainVault({ keys: [{ id: 'one' }] }),
    clock: { now: () => NOW, sleep: async () => {} },
    alarm: { ...alarm, soonest },
    http,
    order: createCallOrder(),
    settings: { config: { servers: [] } },
    repositoryId: '2002',
  } as unknown as Home;
  await createRecordStore(home, KEY, undefined).save(record({ key: KEY, clients: [client()], ...stored }));
  const ended = await retryOrphans(home, (await loadRecord(home, KEY)) as Loaded).then(
    () => false,
    () => true,
  );
  const kept = (await loadRecord(home, KEY))?.stored;
  const told = eventsSince(storage.sql, { id: 0 }, 10).map(({ kind }) => kind);
  return { sent, kept, told, ended, ledger: ledgerOf(storage.sql, KEY).map((row) => [row.clientId, row.ended]) };
}

test('each call is in the record while it is under way, and not afterwards', async () => {
  const { sent, kept, told } = await objectWith({ orphans: [orphan('a'), orphan('b')] }, [204, 401, 401, 403]);
  expect(sent).toEqual([
    ['DELETE', 'a', 'remove', 'a'],
    ['GET', 'a', 'read', 'a'],
    ['GET', 'a', 'read', 'a'],
    ['DELETE', 'b', 'remove', 'b'],
  ]);
  expect(kept?.call).toBeUndefined();
  expect(kept?.orphans.map(({ clientId }) => clientId)).toEqual(['b']);
  expect(told).toEqual(['orphan_deleted']);
});

test('a refusal that comes once does not end an orphan that the server has kept', async () => {
  for (const [passing, then] of [
    [401, 200],
    [404, 200],
    [401, 500],
  ] as const) {
    const { sent, kept, told } = await objectWith({ orphans: [orphan('a')] }, [204, passing, then]);
    expect(sent).toHaveLength(3);
    expect(kept?.orphans.map(({ clientId }) => clientId)).toEqual(['a']);
    expect(told).toEqual([]);
  }
});

test('a call that nobody answered stays in the record, and nothing else is sent', async () => {
  const { sent, kept } = await objectWith({ orphans: [orphan('a'), orphan('b')] }, ['silence']);
  expect(sent).toHaveLength(1);
  expect(kept?.call).toMatchObject({ verb: 'remove', clientId: 'a' });
  expect(kept?.orphans).toHaveLength(2);
});

test('nothing is sent while another call of the registration may be under way', async () => {
  const call = { clientId: 'client-1', verb: 'read', startedAt: NOW - 1_000, limitAt: NOW + 1_000 } as const;
  const { sent, kept } = await objectWith({ orphans: [orphan('a')], call }, []);
  expect(sent).toEqual([]);
  expect(kept?.call).toEqual(call);
});

test('the ledger says what the record says, should the object end right after it was saved', async () => {
  const ledger = [
    { clientId: 'a', server: SERVER.address, madeAt: NOW - DAY, endedAt: NOW - DAY, ended: 'orphan' },
  ] as const;
  const orphans = { orphans: [orphan('a')], ledger };
  const said = async (saves: number) => {
    const { kept, told, ended, ledger } = await objectWith(orphans, [204, 401, 401], { saves });
    return { ended, orphans: kept?.orphans.length, ledger, told };
  };
  // The first save makes the registration, three are of calls.
  expect(await said(4)).toEqual({ ended: true, orphans: 1, ledger: [['a', 'orphan']], told: [] });
  expect(await said(5)).toEqual({ ended: true, orphans: 0, ledger: [['a', 'deleted']], told: ['orphan_deleted'] });
});
