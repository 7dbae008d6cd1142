import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeServer, listenOnLoopback } from '../support/listen.ts';
import { sendBody } from '../support/odd-bodies.ts';
import { codesOf, main, wholeJob } from './support/built-action.ts';
import { movedClock } from './support/moved-clock.ts';

type Case = {
  readonly answer: (req: IncomingMessage, res: ServerResponse) => unknown;
  readonly code: string;
  readonly says: RegExp;
  readonly timeLimitMs?: number;
};

const json = { 'content-type': 'application/json' };

const CASES: Readonly<Record<string, Case>> = {
  'a web page': {
    answer: (_, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Welcome</p>'),
    code: 'discovery_failed',
    says: /answers with a web page \(HTML\)/u,
  },
  'XML that is no capability statement': {
    answer: (_, res) =>
      res.writeHead(200, { 'content-type': 'application/xml' }).end('<?xml version="1.0"?><a><b/></a>'),
    code: 'discovery_failed',
    says: /answers with XML that is no capability statement/u,
  },
  'errors of its own': {
    answer: (_, res) => res.writeHead(500).end('oops'),
    code: 'server_error',
    says: /answers 500/u,
  },
  'a redirect': {
    answer: (_, res) =>
      res.writeHead(302, { location: 'https://login.example.org/start?session=canary-session' }).end(),
    code: 'redirect_refused',
    says: /answers with a redirect \(302\) to https:\/\/login\.example\.org\/start[^?]*$/mu,
  },
  '50 MB': {
    answer: (_, res) => sendBody({ res, status: 200, members: { issuer: 'x' }, oddity: 'huge' }),
    code: 'answer_too_large',
    says: /answers 200 with more than 1 MiB/u,
  },
  '50 MB behind a small length': {
    answer: (_, res) => sendBody({ res, status: 200, members: { issuer: 'x' }, oddity: 'compressed_huge' }),
    code: 'answer_too_large',
    says: /more than 1 MiB/u,
  },
  'nothing at all': {
    answer: () => undefined,
    code: 'server_no_answer',
    says: /gave no complete answer within 10 s/u,
    timeLimitMs: 300,
  },
  'half an answer and then silence': {
    answer: (_, res) => sendBody({ res, status: 200, members: { issuer: 'x' }, oddity: 'stalled' }),
    code: 'server_no_answer',
    says: /gave no complete answer within 10 s/u,
    timeLimitMs: 300,
  },
  'a broken connection': {
    answer: (req) => req.socket.destroy(),
    code: 'server_no_answer',
    says: /gave no answer: the connection broke/u,
  },
  'JSON of something else': {
    answer: (_, res) => res.writeHead(200, json).end('{"resourceType":"Patient"}'),
    code: 'discovery_failed',
    says: /no endpoints found/u,
  },
  'a FHIR server without a registration endpoint': {
    answer: (req, res) =>
      req.url?.endsWith('/metadata') === true
        ? res.writeHead(200, json).end('{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[]}')
        : res.writeHead(404).end(),
    code: 'registration_unsupported',
    says: /names no registration endpoint[\s\S]*Give the issuer of the authorization server/u,
  },
  'a request to come back in an hour': {
    answer: (_, res) => res.writeHead(429, { 'retry-after': '3600' }).end(),
    code: 'rate_limited',
    says: /asks to wait 3600 s/u,
  },
  'text that a runner could take for commands': {
    answer: (_, res) =>
      res.writeHead(200, { 'content-type': 'text/plain' }).end('\r\n::error::x\n::set-env name=A::b\n##[error]x'),
    code: 'discovery_failed',
    says: /no endpoints found/u,
  },
};

let origin: string;
const handle: RequestListener = (req, res) => {
  const [, at] = /^(?:\/\.well-known\/[\w-]+)?\/case-(\d+)(?:\/|$)/u.exec(req.url ?? '') ?? [];
  void Object.values(CASES)[Number(at)]?.answer(req, res);
};
const server = createServer(handle);

beforeAll(async () => {
  origin = `http://127.0.0.1:${await listenOnLoopback(server)}`;
});

afterAll(() => closeServer(server));

it.concurrent.each(Object.entries(CASES))(
  'a base URL that answers %s is one error for its client, and nothing is left to delete',
  async (name, { code, says, timeLimitMs }) => {
    const at = Object.keys(CASES).indexOf(name);
    const run = await main({
      inputs: { server: `${origin}/case-${at}`, type: 'public', 'redirect-uris': 'https://app.example.org/callback' },
      env: movedClock(timeLimitMs === undefined ? {} : { timeLimitMs }),
    });
    expect(run.exitCode).toBe(1);
    expect(codesOf(run), run.log).toEqual([code]);
    const [error, ...others] = run.annotations;
    expect(others).toEqual([]);
    expect(error?.message).toMatch(says);
    expect(error?.message).toContain(`${origin}/case-${at}`);
    expect(error?.message).toMatch(/^What to do: .{10}/mu);
    expect(run.stdout + run.summary).not.toContain('canary-session');
    expect(run.outputs).toEqual({
      clients: JSON.stringify({ client: { error: code } }),
      changed: 'false',
      skipped: 'false',
    });
    expect(run.commands.map((command) => command.name).filter((command) => command !== 'debug')).toEqual(['error']);
    expect(run.stderr).toBe('');
    expect(run.state).not.toHaveProperty('registration_0');
  },
);

it.concurrent('a port where nothing listens is a server that cannot be reached, so that nothing was sent', async () => {
  const gone = createServer();
  const port = await listenOnLoopback(gone);
  await closeServer(gone);
  const { main: run, post } = await wholeJob({
    inputs: {
      server: `http://127.0.0.1:${port}/fhir`,
      type: 'public',
      'redirect-uris': 'https://app.example.org/callback',
    },
    env: movedClock(),
  });
  expect(codesOf(run)).toEqual(['server_unreachable']);
  expect(run.annotations[0]?.message).toMatch(/cannot be reached: the connection was refused/u);
  expect(post).toMatchObject({ exitCode: 0, log: '', summary: '' });
});
