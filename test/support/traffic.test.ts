import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Interference } from './interference.ts';
import { closeServer, listenOnLoopback } from './listen.ts';
import { createTraffic, type Traffic } from './traffic.ts';

const running: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(closeServer));
});

/** A server that counts what it did, so that an answer and an act can be told apart. */
async function start(traffic: Traffic): Promise<{ readonly origin: string; readonly acts: () => number }> {
  let acts = 0;
  const server = createServer(
    traffic.listener(async (req, res) => {
      for await (const _chunk of req);
      acts += 1;
      res.writeHead(201, { 'x-original': 'yes' });
      res.write('acted ');
      res.end('here');
    }),
  );
  running.push(server);
  return { origin: `http://127.0.0.1:${await listenOnLoopback(server)}`, acts: () => acts };
}

async function outcome(url: string): Promise<string> {
  try {
    const response = await fetch(url, { method: 'POST', body: 'asked', signal: AbortSignal.timeout(5000) });
    return `${response.status} ${await response.text().catch(() => 'cut')}`;
  } catch {
    return 'no answer';
  }
}

describe('traffic', () => {
  it.each<[Interference, string, number]>([
    [{ kind: 'lose_request' }, 'no answer', 0],
    [{ kind: 'lose_answer' }, 'no answer', 1],
    [{ kind: 'cut_answer' }, '201 cut', 1],
    [{ kind: 'delay', milliseconds: 5 }, '201 acted here', 1],
    [{ kind: 'delay_answer', milliseconds: 5 }, '201 acted here', 1],
    [{ kind: 'answer', status: 503, body: 'later' }, '503 later', 0],
    [{ kind: 'replace_answer', status: 500, body: 'broken' }, '500 broken', 1],
  ])('%j: the client sees "%s" and the server has acted %i times', async (interference, seen, acts) => {
    const traffic = createTraffic();
    const server = await start(traffic);
    traffic.interfere({ path: '/x', times: 1, do: interference });
    const completed = traffic.completion({ path: '/x' });
    expect(await outcome(`${server.origin}/x`)).toBe(seen);
    expect(server.acts()).toBe(acts);
    expect((await completed).lost).toBe(/no answer|cut/.test(seen));
    expect(await outcome(`${server.origin}/x`)).toBe('201 acted here');
  });

  it('interferes where, when and as long as told', async () => {
    const traffic = createTraffic();
    const server = await start(traffic);
    const undo = traffic.interfere({
      method: 'POST',
      path: /^\/a/,
      skip: 1,
      times: 1,
      do: { kind: 'answer', status: 429 },
    });
    const elsewhere = traffic.interfere({ method: 'GET', do: { kind: 'answer', status: 418 } });
    const statuses = [];
    for (const path of ['/a', '/b', '/a1', '/a']) statuses.push((await outcome(server.origin + path)).slice(0, 3));
    expect(statuses).toEqual(['201', '201', '429', '201']);
    expect([undo.hits(), elsewhere.hits()]).toEqual([1, 0]);
    undo();
    traffic.interfere({ path: '/a', do: { kind: 'answer', status: 404 } });
    expect(await outcome(`${server.origin}/a`)).toBe('404 ');
    expect(traffic.count({ method: 'POST', path: /^\/a/ })).toBe(4);
    traffic.reset();
    expect(await outcome(`${server.origin}/a`)).toBe('201 acted here');
    expect(traffic.requests).toHaveLength(1);
  });

  it('logs without queries, credentials and bodies, unless bodies are asked for', async () => {
    const plain = createTraffic();
    const server = await start(plain);
    await fetch(`${server.origin}/x?code=s3cret`, {
      method: 'PUT',
      headers: { authorization: 'Bearer s3cret' },
      body: 's3cret',
    });
    expect(plain.requests).toMatchObject([{ method: 'PUT', path: '/x', status: 201, authorizationScheme: 'bearer' }]);
    expect(JSON.stringify(plain.requests)).not.toContain('s3cret');

    const curious = createTraffic({ keepRequestBodies: true });
    const other = await start(curious);
    const completed = curious.completion({});
    expect(await outcome(other.origin)).toBe('201 acted here');
    expect((await completed).requestBody).toBe('asked');
  });

  it('lets a test act before the server does', async () => {
    const traffic = createTraffic();
    const server = await start(traffic);
    const order: string[] = [];
    traffic.before(() => {
      order.push(`before, ${server.acts()} acts`);
    });
    traffic.after((request) => order.push(`after, ${request.status}`));
    const arrived = traffic.arrival({}).then((request) => order.push(`arrived, ${request.status}`));
    const completed = traffic.completion({});
    await Promise.all([arrived, completed, outcome(server.origin)]);
    expect(order).toHaveLength(3);
    expect(order).toEqual(expect.arrayContaining(['before, 0 acts', 'arrived, undefined']));
    expect(order.at(-1)).toBe('after, 201');
  });
});
