import { expect, it } from 'vitest';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { type Run, runPost } from '../support/run-action.ts';
import { main } from './support/built-action.ts';

/** A job whose state was changed between its main and its post step. */
async function postAfter(run: Run, state: Readonly<Record<string, string>>): Promise<Run> {
  const post = await runPost({ ...run, state: { ...run.state, ...state } });
  expect([post.exitCode, post.conclusion], post.log).toEqual([0, 'success']);
  return post;
}

it('says what of the state of the job cannot be read, deletes the rest, and keeps the job green', async ({
  onTestFinished,
}) => {
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
  const cut = (run.state.registration_0 ?? '').slice(0, -9);
  expect(cut).toMatch(/^\{/u);

  const post = await postAfter(run, { registration_0: cut });
  expect(server.clients()).toHaveLength(1);
  const [warning] = post.annotations;
  expect(warning).toMatchObject({ level: 'warning', title: 'oauth-registrar: left behind' });
  expect(warning?.message).toContain('registration_0: what the main step left in GITHUB_STATE');
  expect(post.summary).toContain('**registration&#95;0**');
  const [left] = server.clients();
  expect(post.stdout).not.toContain(String(left?.metadata.client_secret));
  // What was said to be in the log of the main step is there.
  expect(run.log).toContain(left?.clientId);
}, 120_000);

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

it.each(['7', '{}', '{"version":1,"key":"__proto__"}', '['.repeat(20_000), '{"__proto__":{"key":"a"}}'])(
  'takes nothing for a record that is none: %#',
  async (text) => {
    const { loadJobRecords } = await import('../../action/load-job-records.ts');
    const slots: Readonly<Record<string, string>> = { registration_0: text };
    expect(loadJobRecords((name) => slots[name] ?? '')).toEqual({ records: [], unreadable: ['registration_0'] });
  },
);
