import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeServer, listenOnLoopback } from '../support/listen.ts';
import { type OddServer, startOddServer } from '../support/odd-server.ts';
import type { Run } from '../support/run-action.ts';
import { wholeJob } from './support/built-action.ts';

const HOSTILE =
  'x\r\n::error title=pwned::pwned\n::add-mask::Growth\n##[set-env name=PATH]/tmp\u2028::stop-commands::y';
const MARKUP =
  '<img src=x onerror=alert(1)> [click](https://evil.example) @octocat ![](https://evil.example/p.png) `|`';
/** What the Action itself says to the runner. */
const OWN = new Set(['debug', 'add-mask', 'warning', 'error', 'notice']);

let server: OddServer;

beforeAll(async () => {
  server = await startOddServer();
});

afterAll(() => server.close());

function expectHarmless(run: Run): void {
  expect(run.commands.map(({ name }) => name).filter((name) => !OWN.has(name))).toEqual([]);
  // The runner takes `##[error]` for a command anywhere in a line.
  expect(
    run.commands.filter(({ data, properties }) => data.startsWith('pwned') || properties.title === 'pwned'),
  ).toEqual([]);
  expect(run.commands.filter(({ name, data }) => name === 'add-mask' && /growth/iu.test(data))).toEqual([]);
  expect(run.summary).not.toMatch(/<img|\]\(https?:|@octocat|!\[|\n::|##\[/u);
  // Commands are at the start of a line: no line of the log begins with one that was not ours.
  for (const line of run.log.split('\n')) expect(line.trimStart().startsWith('::')).toBe(false);
  expect(run.env).toEqual({});
  expect(Object.keys(run.outputs).filter((name) => /path|pwned/iu.test(name))).toEqual([]);
}

const inputs = () => ({
  server: server.fhirBase,
  type: 'confidential',
  'redirect-uris': 'https://app.example.org/callback',
  scope: 'openid',
  'client-name': 'Growth chart',
});

it.each([
  ['a client_id', { client_id: `id ::error::pwned ##[error]pwned ${MARKUP}` }],
  ['a client_id with line breaks', { client_id: HOSTILE }],
  ['granted metadata', { scope: `${HOSTILE} ${MARKUP}`, client_name: MARKUP, redirect_uris: [HOSTILE] }],
  ['names of members', { [HOSTILE]: HOSTILE, [MARKUP]: MARKUP }],
  ['a configuration endpoint', { registration_client_uri: `https://evil.example/a::error::pwned##[error]b/${MARKUP}` }],
  ['a registration access token', { registration_access_token: `token ${HOSTILE}` }],
  ['a client secret', { client_secret: 'begin ::error::pwned ##[error]pwned' }],
])('%s from a server never becomes a command or markup', async (_, members) => {
  server.behave({ reshape: (answer) => ({ ...answer, ...members }) });
  const { main: run, post } = await wholeJob({ inputs: inputs() });
  for (const each of [run, post]) {
    expectHarmless(each);
    expect(each.stderr).toBe('');
  }
  server.reset();
});

it('endpoints and documents from a server never become commands or markup', async () => {
  const evil = createServer((req, res) => {
    const origin = `http://${req.headers.host}`;
    if (req.method === 'POST')
      return res.writeHead(400).end(JSON.stringify({ error: HOSTILE, error_description: MARKUP }));
    const configuration = {
      issuer: `${origin}/::error::pwned`,
      registration_endpoint: `${origin}/reg/::error::pwned/##[error]pwned/${MARKUP}`,
      token_endpoint: `${origin}/token?${HOSTILE}`,
      authorization_endpoint: HOSTILE,
      fhirVersion: HOSTILE,
    };
    return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(configuration));
  });
  const origin = `http://127.0.0.1:${await listenOnLoopback(evil)}`;
  for (const command of ['apply', 'plan']) {
    const { main: run, post } = await wholeJob({ inputs: { ...inputs(), server: `${origin}/fhir`, command } });
    for (const each of [run, post]) expectHarmless(each);
  }
  await closeServer(evil);
});
