import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { listen, listenOn, request, setUp } from './setup.ts';

const overNetwork = () => setUp((url, init) => fetch(url, init));
const CANARY = 'canary-7f3a';
const register = (url: string) => ({
  ...request('register', url),
  headers: { authorization: `Bearer ${CANARY}`, 'content-type': 'application/json' },
  body: `{"client_secret":"${CANARY}"}`,
});

describe('over a real connection', () => {
  test('an answer is read, with the request as it was meant', async () => {
    const url = await listen((req, res) =>
      res.end(JSON.stringify([req.method, req.url, req.headers['cache-control']])),
    );
    const answer = await overNetwork().http(request('discovery', `${url}//a?b=c`));
    expect(JSON.parse(answer.text)).toEqual(['GET', '//a?b=c', 'no-store']);
  });

  test('a redirect is not followed', async () => {
    let followed = 0;
    const target = await listen((_, res) => {
      followed++;
      res.end();
    });
    const url = await listen((_, res) => res.writeHead(307, { location: `${target}/reg?t=${CANARY}` }).end());
    await expect(overNetwork().http(register(`${url}/reg`))).rejects.toMatchObject({
      code: 'redirect_refused',
      message: `${url}/reg answers with a redirect (307) to ${target}`,
    });
    expect(followed).toBe(0);
  });

  test('a registration whose answer is cut off was made once and is not made again', async () => {
    let received = 0;
    const url = await listen((req, res) => {
      req.resume().on('end', () => {
        received++;
        res.writeHead(201, { 'content-length': '1000', 'content-type': 'application/json' });
        res.write('{"client_id":"1"', () => res.destroy());
      });
    });
    const failed = overNetwork().http(register(`${url}/reg`));
    await expect(failed).rejects.toMatchObject({
      code: 'server_no_answer',
      message: expect.stringContaining('cut off'),
    });
    await expect(failed).rejects.not.toThrow(CANARY);
    expect(received).toBe(1);
  });

  test('a connection that breaks before any answer may have carried the request', async () => {
    let connections = 0;
    const url = await listenOn(
      createTcpServer((socket) => {
        connections++;
        socket.on('error', () => undefined);
        socket.once('data', () => socket.destroy());
      }),
    );
    await expect(overNetwork().http(register(`${url}/reg`))).rejects.toMatchObject({ code: 'server_no_answer' });
    expect(connections).toBe(1);
    await expect(overNetwork().http(request('discovery', url))).rejects.toMatchObject({ code: 'server_no_answer' });
    expect(connections).toBe(5);
  });

  test('nothing is sent to a port where nobody listens', async () => {
    const server = createTcpServer();
    const url = await listenOn(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(overNetwork().http(register(`${url}/reg`))).rejects.toMatchObject({
      code: 'server_unreachable',
      message: `${url}/reg cannot be reached: the connection was refused (ECONNREFUSED)`,
    });
  });

  test('https to a port that speaks http is unreachable, not unanswered', async () => {
    const url = await listen((_, res) => res.end());
    await expect(overNetwork().http(register(url.replace('http:', 'https:')))).rejects.toMatchObject({
      code: 'server_unreachable',
    });
  });

  test.each([
    ['without a length', {}],
    ['with a length that lies', { 'content-length': String(50 * 1024 * 1024) }],
  ])('50 MB %s are not read to their end', async (_, headers) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const url = await listen((_, res) => {
      res.writeHead(200, headers);
      const more = () => {
        while (sent < 50 * 1024 * 1024 && !res.destroyed) {
          sent += piece.length;
          if (!res.write(piece)) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    });
    await expect(overNetwork().http(request('discovery', url))).rejects.toMatchObject({ code: 'answer_too_large' });
    expect(sent).toBeLessThan(25 * 1024 * 1024);
  });

  test('a small compressed answer that unpacks to 50 MB is not unpacked to its end', async () => {
    const packed = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect(packed.length).toBeLessThan(100 * 1024);
    const url = await listen((_, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(packed));
    await expect(overNetwork().http(request('discovery', url))).rejects.toMatchObject({ code: 'answer_too_large' });
  });

  test('a body that stops arriving ends with the time limit, and the connection with it', async () => {
    let started: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      started = resolve;
    });
    let ended: () => void = () => undefined;
    const hungUp = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const url = await listen((_, res) => {
      res.on('close', () => ended());
      res.writeHead(200).write('{', () => started());
    });
    const { http, expire, limits } = overNetwork();
    const answer = expect(http(request('configure', url))).rejects.toMatchObject({ code: 'server_no_answer' });
    await underWay;
    expire();
    await answer;
    await hungUp;
    expect(limits()).toEqual([]);
  });
});
