import { createServer, type RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { nodeFetch } from '../../action/node-fetch.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import { closeServer, listenOnLoopback } from '../support/listen.ts';

const random = { bytes: (length: number) => new Uint8Array(length) };
const never: Clock = { now: () => 0, sleep: () => new Promise(() => {}) };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(
  listener: RequestListener,
): Promise<{ readonly url: string; readonly connections: () => number }> {
  const server = createServer(listener);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}/`;
  closing.push(() => closeServer(server));
  return { url, connections: () => connections };
}

it('sends method, headers and body as given, without what surrounds a value', async () => {
  const { url } = await listen(async (req, res) => {
    const body = (await req.toArray()).join('');
    res
      .setHeader('x-one', 'a')
      .end(JSON.stringify([req.method, req.headers.authorization, req.headers['user-agent'], body]));
  });
  const answer = await nodeFetch()(url, {
    method: 'POST',
    headers: { Authorization: 'Bearer t\r\n' },
    body: '{"a":1}',
  });
  expect(JSON.parse(await answer.text())).toEqual(['POST', 'Bearer t', 'oauth-registrar', '{"a":1}']);
  expect([answer.status, answer.headers.get('X-One'), answer.headers.get('x-two')]).toEqual([200, 'a', null]);
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'x-one': 'a' });
});

it.each([
  [200, '{}'],
  [204, undefined],
  [401, '{"error":"invalid_client"}'],
])('a connection that has answered %i is used again', async (status, body) => {
  const { url, connections } = await listen((_, res) => res.writeHead(status).end(body));
  const fetch = nodeFetch();
  const http = createHttp({ fetch, random, insecureLoopback: true, clock: never });
  for (let call = 0; call < 3; call += 1) await http({ method: 'POST', url, purpose: 'token', body: 'a=b' });
  expect(connections()).toBe(1);
});

it.each([
  ['gzip', gzipSync('{"a":1}')],
  ['x-gzip', gzipSync('{"a":1}')],
  ['deflate', deflateSync('{"a":1}')],
  ['br', brotliCompressSync('{"a":1}')],
])('an answer is unpacked that nobody asked to be packed: %s', async (coding, packed) => {
  const { url } = await listen((_, res) => res.writeHead(200, { 'content-encoding': coding }).end(packed));
  const answer = await nodeFetch()(url, {});
  expect(await answer.text()).toBe('{"a":1}');
});

it('an answer that is not packed as it says is an error', async () => {
  const { url } = await listen((_, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('{"a":1}'));
  await expect((await nodeFetch()(url, {})).text()).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
});

it('a redirect is handed back when it is asked for, and an error else; it is never followed', async () => {
  let requests = 0;
  const { url } = await listen((_, res) => {
    requests += 1;
    res.writeHead(302, { location: '/elsewhere' }).end();
  });
  const manual = await nodeFetch()(url, { redirect: 'manual' });
  expect([manual.status, manual.headers.get('location')]).toEqual([302, '/elsewhere']);
  await expect(nodeFetch()(url, { redirect: 'error' })).rejects.toThrow(TypeError);
  await expect(nodeFetch()(url, {})).rejects.toThrow(TypeError);
  expect(requests).toBe(3);
});

it('a user name or password in an address is refused', async () => {
  await expect(nodeFetch()('https://user@example.org/', {})).rejects.toThrow(TypeError);
  await expect(nodeFetch()('https://:password@example.org/', {})).rejects.toThrow(TypeError);
});

it('a server that speaks no TLS is told from one that broke off', async () => {
  const { url } = await listen((_, res) => res.end());
  await expect(nodeFetch()(url.replace('http:', 'https:'), {})).rejects.toMatchObject({ code: 'ERR_TLS_HANDSHAKE' });
  const rude = await listen((req) => req.socket.destroy());
  await expect(nodeFetch()(rude.url, {})).rejects.toMatchObject({ code: 'ECONNRESET' });
});

it('a signal ends the request, before and after the answer has begun', async () => {
  const { url } = await listen((req, res) => {
    if (req.url === '/half') res.writeHead(200).write('{');
  });
  const silent = new AbortController();
  const waiting = nodeFetch()(url, { signal: silent.signal });
  silent.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  const half = new AbortController();
  const answer = await nodeFetch()(`${url}half`, { signal: half.signal });
  const reading = answer.text();
  half.abort();
  await expect(reading).rejects.toThrow();
});
