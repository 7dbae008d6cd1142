import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { createHttp } from '../../shared/http/create-http.ts';
import type { HttpRequest } from '../../shared/http/http.ts';
import type { Fetch, Random } from '../../shared/ports/ports.ts';
import { stillClock } from './still-clock.ts';

/** Random bytes that are all the same. */
export function randomOf(byte: number): Random {
  return { bytes: (length) => new Uint8Array(length).fill(byte) };
}

/** A guarded fetch over the given one, with everything that can be looked at. */
export function setUp(fetch: Fetch, { insecureLoopback = true, byte = 0x80 } = {}) {
  const time = stillClock();
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  const log = { info: add, warning: add, debug: add };
  const http = createHttp({ fetch, clock: time.clock, random: randomOf(byte), insecureLoopback, log });
  return { ...time, http, lines };
}

/** A fetch that gives one answer after the other, the last one again and again; an Error is thrown. */
export function scripted(...answers: readonly (() => Response | Error)[]) {
  const calls: { readonly url: string; readonly init: RequestInit }[] = [];
  const fetch: Fetch = async (url, init) => {
    const answer = answers[Math.min(calls.length, answers.length - 1)]?.();
    calls.push({ url, init });
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };
  return { fetch, calls };
}

/** What fetch rejects with, in Node's way: the platform's error is the cause. */
export function fetchFailed(code: string, detail: Readonly<Record<string, unknown>> = {}): () => Error {
  return () => new TypeError('fetch failed', { cause: Object.assign(new Error('canary-cause'), { code, ...detail }) });
}

export const request = (purpose: HttpRequest['purpose'], url = 'https://as.example/reg'): HttpRequest => ({
  method: purpose === 'register' || purpose === 'token' ? 'POST' : 'GET',
  url,
  headers: { accept: 'application/json' },
  purpose,
});

/** A server on this machine for one test; the base URL, without a slash at its end. */
export async function listen(listener: RequestListener): Promise<string> {
  return listenOn(createServer(listener));
}

export async function listenOn(server: NetServer): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
