import { expect, it, onTestFinished } from 'vitest';
import { createJobStore } from '../../action/job-store.ts';
import { loadJobRecords } from '../../action/load-job-records.ts';
import { record } from '../reconcile/build.ts';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { runPost } from '../support/run-action.ts';
import { main } from './support/built-action.ts';

it.each([
  ['is cut off', (text: string) => text.slice(0, -9)],
  ['is empty', () => ''],
  ['is gone', () => undefined],
] as const)(
  'says what of the state of the job %s, deletes the rest, and keeps the job green',
  async (_what, spoil) => {
    const server = await startAuthorizationServer();
    onTestFinished(() => server.close());
    const manifest = `version: 1
clients:
  one: &client
    server: ${server.fhirBase('r4')}
    type: confidential
    metadata: { client_name: One, redirect_uris: [https://app.example.org/callback] }
  two: { <<: *client, metadata: { client_name: Two, redirect_uris: [https://app.example.org/callback] } }
`;
    const run = await main({ manifest });
    expect(run.exitCode, run.log).toBe(0);
    expect(server.clients()).toHaveLength(2);
    const { registration_0: text = '', ...others } = run.state;
    expect(text).toMatch(/^\{/u);

    const spoilt = spoil(text);
    const state = { ...others, ...(spoilt !== undefined && { registration_0: spoilt }) };
    const post = await runPost({ ...run, state });
    expect([post.exitCode, post.conclusion], post.log).toEqual([0, 'success']);
    expect(server.clients()).toHaveLength(1);
    const [warning] = post.annotations;
    expect(warning).toMatchObject({ level: 'warning', title: 'oauth-registrar: left behind' });
    expect(warning?.message).toContain('registration_0: what the main step left in GITHUB_STATE');
    expect(post.summary).toContain('**registration&#95;0**');
    const [left] = server.clients();
    expect(post.stdout).not.toContain(String(left?.metadata.client_secret));
    // What was said to be in the log of the main step is there.
    expect(run.log).toContain(left?.clientId);
  },
  120_000,
);

it.each(['no json', '[]', '{"worker":"https://registrar.example.org"}', 'null'])(
  'says that it cannot read what it is to end at the Worker: %s',
  async (text) => {
    const { endAtWorker } = await import('../../action/worker/end-with-job.ts');
    const warnings: string[] = [];
    const to = { warning: (line: string) => void warnings.push(line) };
    await endAtWorker(text, {}, to as never);
    expect(warnings).toEqual([expect.stringContaining('It does so by itself within a day.')]);
  },
);

it.each(['', '7', '{}', '{"version":1,"key":"__proto__"}', '['.repeat(20_000), '{"__proto__":{"key":"a"}}'])(
  'takes nothing for a record that is none: %#',
  (text) => {
    expect(loadJobRecords({ STATE_registration_0: text })).toEqual({ records: [], unreadable: ['registration_0'] });
  },
);

it('reads every record that is there, in the order of their numbers, and names what is missing between them', () => {
  const keys = ['job/2', 'job/10', 'job/900000000'];
  const [two, ten, many] = keys.map((key) => JSON.stringify(record({ key })));
  const { records, unreadable } = loadJobRecords({
    STATE_registration_10: ten,
    STATE_registration_900000000: many,
    STATE_registration_2: two,
    'STATE_registration_2.5': 'other',
    STATE_registration_02: two,
    STATE_registration_00: two,
    ...(process.platform !== 'win32' && { STATE_REGISTRATION_2: two }),
    STATE_registration_: 'other',
    registration_3: 'other',
  });
  expect(records.map(({ key }) => key)).toEqual(keys);
  expect(unreadable).toEqual([
    'registration_0 to registration_1',
    'registration_3 to registration_9',
    'registration_11 to registration_899999999',
  ]);
});

it('keeps no place for what could not be saved, so that nothing seems to be missing', async () => {
  const saved = new Map<string, string>();
  let full = true;
  const store = createJobStore((name, value) => {
    if (full) throw new Error('no space left');
    saved.set(name, value);
  });
  await expect(store.save(record({ key: 'job/one' }))).rejects.toThrow('no space left');
  full = false;
  await store.save(record({ key: 'job/two' }));
  expect([...saved.keys()]).toEqual(['registration_0']);
});
