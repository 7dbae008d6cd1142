import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import { codesOf, main, wholeJob } from './support/built-action.ts';

let server: OddServer;

beforeAll(async () => {
  server = await startOddServer();
});

afterAll(() => server.close());

const describing = () => ({
  server: server.fhirBase,
  type: 'confidential',
  'redirect-uris': 'https://app.example.org/callback',
  scope: 'openid launch/patient',
  'client-name': 'Growth chart',
});

it('a server that grants what was asked satisfies strict', async () => {
  server.behave({});
  const run = await main({ inputs: { ...describing(), strict: 'true' } });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.annotations).toEqual([]);
  server.reset();
});

it('what was granted instead is a warning and a row of the summary; with strict an error and no credentials', async () => {
  server.behave({ reshape: (answer) => ({ ...answer, scope: 'openid' }) });
  const run = await main({ inputs: describing() });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.annotations.map(({ message }) => message).join('\n')).toMatch(/granted something else .*: scope$/mu);
  expect(run.summary).toContain('Asked and granted differ');
  expect(run.summary).toMatch(
    /<code>scope<\/code> \| <code>"openid launch\/patient"<\/code> \| <code>"openid"<\/code>/u,
  );
  expect(run.outputs['client-secret']).toMatch(/^odd-secret-/u);

  const job = await wholeJob({ inputs: { ...describing(), strict: 'true' } });
  expect(job.main.exitCode).toBe(1);
  expect(codesOf(job.main)).toEqual(['metadata_differs']);
  expect(job.main.outputs).not.toHaveProperty('client-id');
  expect(job.main.outputs).not.toHaveProperty('client-secret');
  expect(server.clients().map(({ clientId }) => clientId)).toEqual([run.outputs['client-id']]);
  server.reset();
});

it('credentials that the server refuses at once are not handed out, and the client is gone after the job', async () => {
  server.behave({ tokenEndpoint: 'always_invalid_client' });
  const { main: run, post } = await wholeJob({ inputs: describing() });
  expect(run.exitCode).toBe(1);
  expect(codesOf(run)).toEqual(['credentials_refused']);
  expect(run.outputs).not.toHaveProperty('client-secret');
  expect(post.annotations).toEqual([]);
  expect(server.clients()).toEqual([]);

  const untried = await wholeJob({ inputs: { ...describing(), verify: 'false' } });
  expect(untried.main.exitCode, untried.main.log).toBe(0);
  expect(server.count({ path: '/token' })).toBe(2);
  expect(server.clients()).toEqual([]);
});
