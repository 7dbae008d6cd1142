import { describe, expect, test } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { createHttp } from '../../shared/http/create-http.ts';
import { fetchFailed, randomOf, request, scripted, setUp } from './setup.ts';
import { stillClock } from './still-clock.ts';

const ok = () => new Response('{"a":1}', { status: 200, headers: { 'x-trace': 'abc' } });
const later = (status: number, seconds: number) => () =>
  new Response('later', { status, headers: { 'retry-after': String(seconds) } });

async function rejection(promise: Promise<unknown>): Promise<RegistrarError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RegistrarError);
  return error as RegistrarError;
}

describe('the guarded fetch', () => {
  test('sends what it is given, asks not to be cached and not to follow redirects', async () => {
    const { fetch, calls } = scripted(ok);
    const url = 'https://as.example//reg/a%2Fb?client_id=1';
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const answer = await setUp(fetch).http({ method: 'PUT', url, headers, body: '{}', purpose: 'configure' });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.url).toBe(url);
    expect(calls[0]?.init).toMatchObject({
      method: 'PUT',
      body: '{}',
      redirect: 'manual',
      headers: { ...headers, 'cache-control': 'no-store' },
    });
    // An error on platforms that do not know it.
    expect(calls[0]?.init).not.toHaveProperty('cache');
    expect(answer).toMatchObject({ status: 200, text: '{"a":1}' });
    expect(answer.header('X-Trace')).toBe('abc');
    expect(answer.header('x-other')).toBeNull();
    expect(answer).not.toHaveProperty('retryAfterSeconds');
  });

  test('sends no body and no headers of its own where none are given', async () => {
    const { fetch, calls } = scripted(ok);
    await setUp(fetch).http({ method: 'DELETE', url: 'https://as.example/reg/1', purpose: 'configure' });
    expect(calls[0]?.init).not.toHaveProperty('body');
    expect(calls[0]?.init.headers).toEqual({ 'cache-control': 'no-store' });
  });

  test.each([204, 400, 401, 404, 500])('resolves for %d and leaves no time limit running', async (status) => {
    const { fetch } = scripted(() => new Response(status === 204 ? null : 'x', { status }));
    const { http, limits } = setUp(fetch);
    const answer = await http(request('token'));
    expect(answer).toMatchObject({ status, text: status === 204 ? '' : 'x' });
    expect(limits()).toEqual([]);
  });

  test('reads UTF-8 across pieces and drops the byte order mark', async () => {
    const bytes = new TextEncoder().encode('\ufeff{"name":"Zürich 🏥"}');
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const { fetch } = scripted(() => new Response(pieces));
    expect((await setUp(fetch).http(request('discovery'))).text).toBe('{"name":"Zürich 🏥"}');
  });

  test('works without a log', async () => {
    const { fetch } = scripted(fetchFailed('ECONNRESET'), ok);
    const { clock } = stillClock();
    const http = createHttp({ fetch, clock, random: { bytes: () => new Uint8Array(0) }, insecureLoopback: false });
    expect((await http(request('discovery'))).status).toBe(200);
  });

  test('sends nothing to an address that is not https', async () => {
    const { fetch, calls } = scripted(ok);
    const { http } = setUp(fetch, { insecureLoopback: false });
    for (const url of ['http://as.example/reg', 'http://127.0.0.1/reg', 'https://u:canary@as.example/reg', 'reg']) {
      const error = await rejection(http(request('register', url)));
      expect(error.code).toBe('url_insecure');
      expect(error.message).not.toContain('canary');
    }
    expect(calls).toEqual([]);
  });

  test('refuses a header value that cannot be sent without saying it', async () => {
    const { fetch, calls } = scripted(ok);
    const { http } = setUp(fetch);
    for (const value of ['Bearer canary\r\nx: y', 'Bearer canary\u2014', 'Bearer \0canary']) {
      const error = await rejection(http({ ...request('register'), headers: { authorization: value } }));
      expect(error.code).toBe('input_invalid');
      expect(`${error.message} ${error.hint}`).not.toContain('canary');
    }
    expect(calls).toEqual([]);
    await http({ ...request('register'), headers: { authorization: 'Bearer pasted\n' } });
    expect(calls).toHaveLength(1);
  });
});

describe('a redirect', () => {
  const redirect = (status: number, location?: string) => () =>
    new Response(null, { status, headers: location === undefined ? {} : { location } });

  test.each([
    [301, 'https://other.example/reg?token=canary#canary', 'https://other.example'],
    [302, '//other.example/reg', 'https://other.example'],
    [303, '/login?next=canary', 'https://as.example'],
    [307, 'http://as.example/canary', 'http://as.example'],
    [308, 'https://user:canary@other.example/', 'https://other.example'],
    [302, 'javascript:canary', 'javascript:…'],
    [302, 'https://[canary', 'something that is not an address'],
    [304, undefined, 'an address it does not name'],
  ])('%d to %s is refused and names only where it leads', async (status, location, shown) => {
    for (const purpose of ['register', 'configure', 'token'] as const) {
      const { fetch, calls } = scripted(redirect(status, location));
      const { http, limits } = setUp(fetch);
      const error = await rejection(http(request(purpose, 'https://as.example/reg?x=canary')));
      expect(error.code).toBe('redirect_refused');
      expect(error.message).toBe(`https://as.example/reg answers with a redirect (${status}) to ${shown}`);
      expect(error.server).toBe('https://as.example/reg');
      expect(calls).toHaveLength(1);
      expect(limits()).toEqual([]);
    }
  });

  test('in discovery shows the path as well, since that is what a person has to correct', async () => {
    const { fetch } = scripted(redirect(301, '/fhir/r4/metadata?canary'));
    const error = await rejection(setUp(fetch).http(request('discovery', 'https://h.example/r4/metadata')));
    expect(error.message).toMatch(/ to https:\/\/h\.example\/fhir\/r4\/metadata$/);
  });

  test('that the platform hides is refused too', async () => {
    const hidden = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    });
    const error = await rejection(setUp(scripted(() => hidden).fetch).http(request('token')));
    expect(error.code).toBe('redirect_refused');
  });
});

describe('repeating', () => {
  test('a metadata document is asked for again after failures that pass', async () => {
    const { fetch, calls } = scripted(
      fetchFailed('ECONNRESET'),
      () => new Response('', { status: 503 }),
      later(429, 7),
      ok,
    );
    const { http, waits, lines } = setUp(fetch);
    expect((await http(request('discovery'))).status).toBe(200);
    expect(calls).toHaveLength(4);
    expect(waits.map((ms) => Math.round(ms / 100))).toEqual([5, 10, 70]);
    expect(lines.filter((line) => line.includes('next try'))).toEqual([
      'https://as.example/reg: the connection broke; next try in 1 s',
      'https://as.example/reg: answered 503; next try in 2 s',
      'https://as.example/reg: answered 429; next try in 7 s',
    ]);
  });

  test('ends with the last answer', async () => {
    const { fetch, calls } = scripted(() => new Response('broken', { status: 500 }));
    const answer = await setUp(fetch).http(request('discovery'));
    expect(answer).toMatchObject({ status: 500, text: 'broken' });
    expect(calls).toHaveLength(4);
  });

  test('ends with the last failure', async () => {
    const { fetch, calls } = scripted(fetchFailed('ENOTFOUND'));
    const error = await rejection(setUp(fetch).http(request('discovery')));
    expect(error.code).toBe('server_unreachable');
    expect(error.message).toBe('https://as.example/reg cannot be reached: the host name is unknown (ENOTFOUND)');
    expect(calls).toHaveLength(4);
  });

  test('a wait beyond a minute is left to the caller', async () => {
    const { fetch, calls } = scripted(later(429, 3600));
    const { http, waits } = setUp(fetch);
    expect(await http(request('configure'))).toMatchObject({ status: 429, retryAfterSeconds: 3600 });
    expect(calls).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  test('waits of one call are counted together', async () => {
    const { fetch, calls } = scripted(later(503, 25));
    const { http, waits } = setUp(fetch);
    expect(await http(request('configure'))).toMatchObject({ status: 503, retryAfterSeconds: 25 });
    expect(waits).toEqual([25_000, 25_000]);
    expect(calls).toHaveLength(3);
  });

  test.each(['register', 'token'] as const)('%s is sent once whatever is answered', async (purpose) => {
    for (const answer of [
      () => new Response('', { status: 500 }),
      later(503, 1),
      later(429, 1),
      fetchFailed('ECONNRESET'),
    ]) {
      const { fetch, calls } = scripted(answer);
      await setUp(fetch)
        .http(request(purpose))
        .catch(() => undefined);
      expect(calls).toHaveLength(1);
    }
  });

  test('a registration that was never sent is tried again', async () => {
    const { fetch, calls } = scripted(fetchFailed('ECONNREFUSED'), fetchFailed('EAI_AGAIN'), ok);
    expect((await setUp(fetch).http(request('register'))).status).toBe(200);
    expect(calls).toHaveLength(3);
  });

  test('a certificate is not tried again, and the hint says what to set', async () => {
    const { fetch, calls } = scripted(fetchFailed('SELF_SIGNED_CERT_IN_CHAIN'));
    const { http, lines } = setUp(fetch);
    const error = await rejection(http(request('discovery')));
    expect(error.code).toBe('server_unreachable');
    expect(error.message).toContain('certificate');
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
    expect(calls).toHaveLength(1);
    expect(lines).toEqual(['GET https://as.example/reg: no trusted connection']);
  });

  test('logs neither query nor body nor header', async () => {
    const { fetch } = scripted(fetchFailed('ECONNREFUSED'), () => new Response('canary'));
    const { http, lines } = setUp(fetch);
    const headers = { authorization: 'Bearer canary' };
    await http({
      method: 'PUT',
      url: 'https://as.example/reg?t=canary',
      headers,
      body: 'canary',
      purpose: 'configure',
    });
    expect(lines).toEqual([
      'PUT https://as.example/reg: no connection',
      'https://as.example/reg: no connection; next try in 1 s',
      'PUT https://as.example/reg: answered 200',
    ]);
  });

  test('no failure carries what the platform said', async () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', 'CERT_HAS_EXPIRED']) {
      const error = await rejection(setUp(scripted(fetchFailed(code)).fetch).http(request('token')));
      expect(error.cause).toBeUndefined();
      expect(JSON.stringify([error.message, error.hint, error.server])).not.toContain('canary');
    }
  });
});

describe('the time limit', () => {
  /** A fetch that ends only when it is told to. */
  const hanging = () => {
    const signals: AbortSignal[] = [];
    const fetch = (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => {
        if (!signal) throw new TypeError('no signal');
        signals.push(signal);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    return { fetch, signals };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test.each([
    ['register', 60_000],
    ['configure', 60_000],
    ['token', 60_000],
  ] as const)('of %s is %d ms, and the call is given up', async (purpose, limit) => {
    const { fetch, signals } = hanging();
    const { http, limits, expire } = setUp(fetch);
    const answer = rejection(http(request(purpose)));
    await turn();
    expect(limits()).toEqual([limit]);
    expect(signals[0]?.aborted).toBe(false);
    expire();
    expect(await answer).toMatchObject({
      code: 'server_no_answer',
      message: 'https://as.example/reg gave no complete answer within 60 s',
    });
    expect(signals).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(limits()).toEqual([]);
  });

  test('of discovery is 10 s, twice', async () => {
    const { fetch, signals } = hanging();
    const { http, limits, expire, lines } = setUp(fetch);
    const answer = rejection(http(request('discovery')));
    for (const tries of [1, 2]) {
      await turn();
      expect(signals).toHaveLength(tries);
      expect(limits()).toEqual([10_000]);
      expire();
    }
    expect((await answer).code).toBe('server_no_answer');
    expect(signals).toHaveLength(2);
    expect(lines).toContain('GET https://as.example/reg: no answer in time');
  });

  test('covers the body', async () => {
    const endless = () => new Response(new ReadableStream({ start: (c) => c.enqueue(Uint8Array.of(123)) }));
    const { http, expire, limits } = setUp(scripted(endless).fetch);
    const answer = rejection(http(request('register')));
    await turn();
    expect(limits()).toEqual([60_000]);
    expire();
    expect((await answer).code).toBe('server_no_answer');
  });

  test('holds even when the platform ignores that a call is given up', async () => {
    const { http, expire } = setUp(() => new Promise<Response>(() => undefined));
    const answer = rejection(http(request('token')));
    await turn();
    expire();
    expect((await answer).code).toBe('server_no_answer');
  });
});

describe('the size limit', () => {
  const bytes = (size: number) => () => new Response(new Uint8Array(size).fill(32));

  test('lets one MiB pass', async () => {
    const answer = await setUp(scripted(bytes(1024 * 1024)).fetch).http(request('discovery'));
    expect(answer.text).toHaveLength(1024 * 1024);
  });

  test('stops at one byte more, once, and cancels the rest', async () => {
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
          cancel: () => {
            cancelled = true;
            throw new Error('canary');
          },
        }),
        { status: 201 },
      );
    const { fetch, calls } = scripted(endless);
    const error = await rejection(setUp(fetch, { byte: 0 }).http(request('discovery')));
    expect(error).toMatchObject({
      code: 'answer_too_large',
      message: 'https://as.example/reg answers 201 with more than 1 MiB',
      server: 'https://as.example/reg',
    });
    expect(cancelled).toBe(true);
    expect(calls).toHaveLength(1);
    expect((await rejection(setUp(scripted(bytes(1024 * 1024 + 1)).fetch).http(request('token')))).code).toBe(
      'answer_too_large',
    );
  });
});

test('jitter uses the randomness it is given', async () => {
  const waits = async (byte: number) => {
    const time = stillClock();
    const { fetch } = scripted(fetchFailed('ECONNREFUSED'), ok);
    await createHttp({ fetch, clock: time.clock, random: randomOf(byte), insecureLoopback: false })(
      request('discovery'),
    );
    return time.waits;
  };
  expect(await waits(0)).toEqual([0]);
  expect(await waits(255)).toEqual([999]);
});
