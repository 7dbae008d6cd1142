import { describe, expect, it } from 'vitest';
import type { Owner } from '../../../shared/manifest/desired.ts';
import { onStage } from '../../schedules/on-stage.ts';
import { keyOfPlain, plainVault } from '../../schedules/stage.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { World } from './world.ts';

onStage();
const { openWorld } = await import('./world.ts');
const { DAY, HOUR } = await import('../../schedules/wishes.ts');

const OPEN: Owner = { kind: 'pull_request', number: 1 };
const CLOSED: Owner = { kind: 'pull_request', number: 2 };
const KEYS = ['pr-1/web', 'pr-2/web', 'production/api', 'production/locked', 'production/web'];

type Journey = (fault: Fault, index: number) => Promise<World>;

/** Plays a journey with this fault at one place after another; answers at how many, and adds what was done there. */
async function everywhere(journey: Journey, fault: Fault, kinds: Set<string>): Promise<number> {
  for (let index = 0; ; index += 1) {
    const world = await journey(fault, index).catch((error: unknown) => {
      throw new Error(`${fault}, at ${index}: ${error instanceof Error ? error.message : error}`, { cause: error });
    });
    const hit = world.faults.hit();
    if (hit === undefined) return index;
    kinds.add(hit.split(' ')[0] ?? '');
  }
}

/** Registrations in use, in a rotation, of an open and of a closed pull request; one under a key that is taken away. */
async function deployed(): Promise<World> {
  const world = openWorld();
  world.withKeys('gone', 'old');
  expect((await world.apply('production/locked')).kind).toBe('done');
  await world.rest(HOUR);
  world.withKeys('old');
  for (const key of ['production/web', 'production/api']) expect((await world.apply(key)).kind).toBe('done');
  expect((await world.rotate('production/api')).kind).toBe('done');
  for (const [key, owner] of [
    ['pr-1/web', OPEN],
    ['pr-2/web', CLOSED],
  ] as const) {
    expect((await world.apply(key, owner)).kind).toBe('done');
  }
  await close(world, CLOSED);
  await world.rest(HOUR / 2);
  expect(world.rows("SELECT status FROM registrations WHERE key = 'pr-2/web'")).toEqual([{ status: 'ended' }]);
  expect(world.rows('SELECT key FROM registrations WHERE inventory_due IS NOT NULL')).toEqual([]);
  return world;
}

function close(world: World, owner: Owner): Promise<void> {
  return world.deliver(`github:close ${JSON.stringify(owner)}`, {
    kind: 'owner_ended',
    repositoryId: '2002',
    at: world.network.now(),
    owner,
  });
}

function alive({ server }: World): readonly string[] {
  return server
    .alive()
    .map(({ clientId }) => clientId)
    .sort();
}

/**
 * Every client at the server is in a record, and in the ledger as one that has not ended; nothing else is. Only of the
 * one whose end may be in doubt an orphan may be left.
 */
function accountedFor(world: World, inDoubt?: string): void {
  const orphans = world.records().flatMap((record) => record.orphans.map(({ clientId }) => clientId));
  const doubted = (id: string) => id === inDoubt && orphans.includes(id);
  const known = [...world.records().flatMap(({ clients }) => clients.map(({ clientId }) => clientId)), ...orphans];
  const listed = world.rows<{ client_id: string }>(
    "SELECT client_id FROM ledger WHERE ended IS NULL OR ended = 'orphan'",
  );
  expect(known.filter((id) => !doubted(id)).sort()).toEqual(alive(world));
  expect(
    listed
      .map(({ client_id: id }) => id)
      .filter((id) => !doubted(id))
      .sort(),
  ).toEqual(alive(world));
  expect(world.records().flatMap(({ suspects }) => suspects)).toEqual([]);
}

const LEDGER = 'SELECT registration, client_id, made_at, ended FROM ledger ORDER BY made_at, client_id';

async function restored(fault: Fault, index: number): Promise<World> {
  const world = await deployed();
  const { server, faults, kv } = world;
  const clients = alive(world);
  const ledger = world.rows(LEDGER);
  const records = world.records();
  const locked = kv.get('registration/2002/production/locked')?.value;
  const calls = server.calls.length;

  world.lose();
  faults.plan(index, fault);
  const reply = await world.restore();
  // Somebody whose first request was done and not answered is told that there is something.
  if (reply.kind !== 'done') expect(reply).toMatchObject({ failure: { code: 'repository_in_use' } });
  expect(world.records()).toEqual(records);
  expect(world.rows(LEDGER)).toEqual(ledger);
  expect(world.rows('SELECT owner FROM tombstones')).toEqual([{ owner: 'pull_request:2' }]);
  await world.rest(2 * DAY);
  const held = await world.apply('production/web');
  expect(held).toMatchObject({ failure: { code: 'repository_restored' } });
  await close(world, OPEN);
  await world.rest(2 * DAY);
  expect(server.calls.length, 'calls before the release').toBe(calls);

  expect((await world.release()).kind).toBe('done');
  await world.rest(2 * DAY);
  expect(await world.apply('pr-2/web', CLOSED)).toMatchObject({ failure: { code: 'owner_ended' } });
  const gone = records.find(({ key }) => key === 'pr-1/web')?.clients[0]?.clientId ?? '';
  expect(alive(world)).toEqual(clients.filter((id) => id !== gone));
  expect(world.records().map(({ key }) => key)).toEqual(KEYS);
  const left = world.records().filter(({ ending }) => ending === undefined);
  expect(left.map(({ key }) => key)).toEqual(KEYS.filter((key) => key.startsWith('production/')));
  // A token that was never seen to work is no proof after a restore: if the deletion was not answered, a person looks.
  accountedFor(world, gone);
  for (const key of ['production/web', 'production/api']) {
    const [before] = records.filter((record) => record.key === key);
    const reads = before?.clients.find(({ role }) => role === 'current')?.clientId;
    expect(await world.apply(key), key).toMatchObject({ kind: 'done', value: { credentials: { client_id: reads } } });
  }
  expect(kv.get('registration/2002/production/locked')?.value).toBe(locked);

  world.withKeys('old', 'gone');
  await world.rest(HOUR);
  expect(await world.apply('production/locked')).toMatchObject({ kind: 'done', value: { changed: false } });
  accountedFor(world, gone);
  return world;
}

async function sealedAnew(fault: Fault, index: number): Promise<World> {
  const world = await deployed();
  const { faults, kv } = world;
  const clients = alive(world);
  const records = world.records();
  const sealedOf = () =>
    world.rows<{ key: string; sealed: string; key_id: string }>('SELECT key, sealed, key_id FROM registrations');
  const locked = () => [
    ...sealedOf().filter(({ key }) => key === 'production/locked'),
    kv.get('registration/2002/production/locked'),
  ];
  const lockedBefore = locked();

  world.withKeys('new', 'old');
  faults.plan(index, fault);
  await world.rest(HOUR);
  expect((await world.apply('production/web', undefined, 'Growth chart 2')).kind).toBe('done');
  await world.rest(HOUR);

  expect(locked()).toEqual(lockedBefore);
  const vault = plainVault({ keys: [{ id: 'new' }] });
  for (const { key, sealed, key_id: keyId } of sealedOf()) {
    if (key === 'production/locked') continue;
    expect([key, keyId, keyOfPlain(sealed)]).toEqual([key, 'new', 'new']);
    const opened = await vault.open(key, sealed);
    if (key !== 'production/web') expect(opened).toEqual(records.find((record) => record.key === key));
    const entry = kv.get(`registration/2002/${key}`);
    expect(JSON.parse(entry?.value ?? '{}'), key).toMatchObject({ sealed });
    expect(entry?.metadata.key_id, key).toBe('new');
  }

  world.withKeys('new');
  await world.rest(2 * DAY);
  for (const key of ['production/web', 'production/api']) {
    const name = key === 'production/web' ? 'Growth chart 2' : 'Growth chart';
    expect(await world.apply(key, undefined, name), key).toMatchObject({ kind: 'done', value: { changed: false } });
  }
  expect(locked()).toEqual(lockedBefore);
  expect(alive(world)).toEqual(clients);
  accountedFor(world);

  world.withKeys('new', 'gone');
  await world.rest(HOUR);
  expect(sealedOf().map(({ key_id: keyId }) => keyId)).toEqual(KEYS.map(() => 'new'));
  expect([...kv.keys()].filter((key) => kv.get(key)?.metadata.key_id === 'gone')).toEqual([]);
  return world;
}

/** Points are not to become fewer without anybody noticing; docs/reliability.md has the figures. */
const JOURNEYS = [
  {
    title: 'a restore from the inventory',
    journey: restored,
    points: 298,
    kinds: ['get', 'getAlarm', 'list', 'put', 'server', 'setAlarm', 'statement', 'transaction'],
  },
  {
    title: 'a change of encryption keys',
    journey: sealedAnew,
    points: 232,
    kinds: ['getAlarm', 'put', 'server', 'setAlarm', 'statement', 'transaction'],
  },
];

describe.each(JOURNEYS)('$title', ({ title, journey, points, kinds }) => {
  const met = new Set<string>();
  let count = 0;

  it.each(FAULTS)('keeps the rules wherever one thing goes wrong: %s', { timeout: 600_000 }, async (fault) => {
    count += await everywhere(journey, fault, met);
  });

  it('was tried at as many points as ever', () => {
    console.info(`${count} crash points of ${title}, at each ${[...met].sort().join(', ')}`);
    expect([...met].sort()).toEqual(kinds);
    expect(count).toBeGreaterThanOrEqual(points);
  });
});
