import { expect, test } from 'vitest';
import { fingerprint } from '../../../shared/publish/fingerprint.ts';
import { alreadyOurs, leftToPublish } from '../../../worker/repository/answers.ts';
import { createJobSink } from '../../../worker/repository/job-sink.ts';
import { takeReceipt } from '../../../worker/repository/receipt.ts';
import { client, desired, ID, NOW, record, SECRET, target } from '../../reconcile/build.ts';

const wanted = target(ID, SECRET);
const inUse = client({ clientId: 'a', clientSecret: 's', edition: 1 });

async function waiting() {
  const left: string[] = [];
  const sink = createJobSink({
    registration: 'production/web',
    now: () => NOW,
    left: ({ item }) => left.push(item.name),
  });
  const claims = await sink.claim({ targets: [wanted], ours: [] });
  const published = claims.map((entry) => ({ ...entry, of: 'a#1?' }));
  return { sink, left, start: record({ desired: desired({ publish: [wanted] }), clients: [inUse], published }) };
}

test('a name is ours once a job has said that it claims it, and removed by the job only then', async () => {
  const { sink, left, start } = await waiting();
  expect(alreadyOurs(start, inUse)).toEqual([]);
  for (const entry of start.published) await sink.erase(entry);
  expect(left).toEqual([]);
  const claimed = await takeReceipt(start, { edition: 'a#1', stage: 'claimed' }, NOW);
  expect(alreadyOurs(claimed, inUse).map(({ name }) => name)).toEqual([ID.name, SECRET.name]);
  expect(leftToPublish(claimed, inUse)).toEqual([wanted]);
  for (const entry of claimed.published) await sink.erase(entry);
  expect(left).toEqual([ID.name, SECRET.name]);
});

test('what the job wrote is written, with the fingerprint of what it was', async () => {
  const { start } = await waiting();
  const written = await takeReceipt(start, { edition: 'a#1' }, NOW + 1);
  expect(written.published[1]).toMatchObject({
    state: 'written',
    of: 'a#1',
    at: NOW + 1,
    tokenKind: 'job',
    fingerprint: await fingerprint('s'),
  });
  expect(leftToPublish(written, inUse)).toEqual([]);
  expect(await takeReceipt(written, { edition: 'a#1' }, NOW + 2)).toBe(written);
});

test('a receipt for other credentials is refused', async () => {
  const { start } = await waiting();
  await expect(takeReceipt(start, { edition: 'a#2' }, NOW)).rejects.toMatchObject({ code: 'not_confirmable' });
});

test.each(['retiring', 'leaving'] as const)('a receipt for a client that is %s is refused', async (role) => {
  const { start } = await waiting();
  const clients = [client({ clientId: 'b' }), { ...inUse, role }];
  const taken = takeReceipt({ ...start, clients }, { edition: 'a#1' }, NOW);
  await expect(taken).rejects.toMatchObject({ code: 'not_confirmable' });
});

test('the sink of the job never writes', async () => {
  const { sink, start } = await waiting();
  const [entry] = start.published;
  if (entry === undefined) throw new Error('nothing was claimed');
  await expect(sink.write(entry, 'value')).rejects.toMatchObject({ code: 'publish_by_job' });
});
