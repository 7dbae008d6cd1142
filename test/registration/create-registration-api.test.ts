import { describe, expect, test } from 'vitest';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http/http.ts';
import type { JsonObject } from '../../shared/ports/ports.ts';
import { createCallOrder } from '../../shared/registration/call-order.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { clock, fakeHttp, NOW, response } from './setup.ts';

const ENDPOINT = 'https://as.example/register';
const ACCESS = { registrationClientUri: 'https://as.example//r?id=a%2Fb', registrationAccessToken: 'canary-token' };
const CLIENT = { client_id: 'client-1' };

function apiWith(answer: (request: HttpRequest) => HttpResponse | Error | Promise<HttpResponse>, now = NOW) {
  const { http, requests } = fakeHttp(answer);
  let time = now;
  const api = createRegistrationApi({ http, clock: { ...clock, now: () => time }, order: createCallOrder() });
  const register = (
    more: {
      readonly metadata?: JsonObject;
      readonly initialAccessToken?: string;
      readonly registrationEndpoint?: string;
    } = {},
  ) => api.register({ registrationEndpoint: ENDPOINT, metadata: { scope: 'openid' }, sendBefore: NOW + 1, ...more });
  const calls = {
    register: () => register({ initialAccessToken: 'canary-token' }),
    read: () => api.read(ACCESS),
    update: () => api.update(ACCESS, { client_id: 'client-1', client_secret: 'canary-secret' }),
    remove: () => api.remove(ACCESS),
  };
  const wait = (ms: number) => {
    time += ms;
  };
  return { api, requests, register, calls, wait };
}

const VERBS = ['register', 'read', 'update', 'remove'] as const;

describe('a registration', () => {
  test('is one POST of JSON, without authorization where no token is given', async () => {
    const { register, requests } = apiWith(() => response(201, CLIENT));
    expect(await register()).toEqual({ kind: 'client', information: { clientId: 'client-1', metadata: {} } });
    expect(requests).toEqual([
      {
        method: 'POST',
        url: ENDPOINT,
        purpose: 'register',
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
        body: '{"scope":"openid"}',
      },
    ]);
  });

  test('carries the initial access token', async () => {
    const { register, requests } = apiWith(() => response(201, CLIENT));
    await register({ initialAccessToken: 'iat' });
    expect(requests[0]?.headers?.Authorization).toBe('Bearer iat');
  });

  test('is not sent when its turn comes too late', async () => {
    const { register, requests, wait } = apiWith(() => response(201, CLIENT));
    wait(1);
    expect(await register()).toEqual({ kind: 'too_late' });
    expect(requests).toEqual([]);
  });

  test('waits for the one before at the same endpoint, and is not sent when that takes too long', async () => {
    const finish: (() => void)[] = [];
    const { register, requests, wait } = apiWith(
      () => new Promise((resolve) => finish.push(() => resolve(response(201, CLIENT)))),
    );
    const answers = [register(), register(), register({ registrationEndpoint: 'https://other.example/register' })];
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests.map(({ url }) => url)).toEqual([ENDPOINT, 'https://other.example/register']);
    wait(1);
    for (const answer of finish) answer();
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(['client', 'too_late', 'client']);
    expect(requests).toHaveLength(2);
  });

  test('goes on after one that failed', async () => {
    let calls = 0;
    const { register } = apiWith(() => (calls++ === 0 ? new Error('broken') : response(201, CLIENT)));
    const answers = await Promise.all([register(), register()]);
    expect(answers.map(({ kind }) => kind)).toEqual(['unknown', 'client']);
  });
});

describe('a call to a configuration endpoint', () => {
  const HEADERS = { Accept: 'application/json', Authorization: 'Bearer canary-token' };

  test.each([
    ['read', 'GET', undefined],
    ['update', 'PUT', '{"client_id":"client-1","client_secret":"canary-secret"}'],
    ['remove', 'DELETE', undefined],
  ] as const)('to %s is a %s at the address as given, with its own token', async (verb, method, body) => {
    const { calls, requests } = apiWith(() => response(200, CLIENT));
    await calls[verb]();
    expect(requests).toEqual([
      {
        method,
        url: ACCESS.registrationClientUri,
        purpose: 'configure',
        headers: { ...HEADERS, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body }),
      },
    ]);
  });

  test('gives what the server answered', async () => {
    const { calls } = apiWith(({ method }) =>
      method === 'DELETE' ? response(204) : response(200, { ...CLIENT, registration_access_token: 'new' }),
    );
    const information = { clientId: 'client-1', registrationAccessToken: 'new', metadata: {} };
    expect(await calls.read()).toEqual({ kind: 'client', information });
    expect(await calls.update()).toEqual({ kind: 'client', information });
    expect(await calls.remove()).toEqual({ kind: 'removed' });
  });

  test('is one of at most six at once, all clients together', async () => {
    const finish: (() => void)[] = [];
    const { api, requests } = apiWith(
      () => new Promise((resolve) => finish.push(() => resolve(response(200, CLIENT)))),
    );
    const reads = Array.from({ length: 8 }, () => api.read(ACCESS));
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests).toHaveLength(6);
    while (finish.length > 0) {
      finish.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await Promise.all(reads)).map(({ kind }) => kind)).toEqual(Array(8).fill('client'));
  });
});

describe('what goes wrong on the way is an answer', () => {
  const failure = (code: ConstructorParameters<typeof RegistrarError>[0]) =>
    new RegistrarError(code, { message: `because of ${code}` });

  test.each(['server_unreachable', 'url_insecure', 'input_invalid'] as const)('%s: nothing was sent', async (code) => {
    const cause = failure(code);
    for (const verb of VERBS) expect(await apiWith(() => cause).calls[verb]()).toEqual({ kind: 'not_sent', cause });
  });

  test.each(['server_no_answer', 'answer_too_large'] as const)('%s: it may have happened', async (code) => {
    const cause = failure(code);
    for (const verb of VERBS) {
      const answer = await apiWith(() => cause).calls[verb]();
      expect(answer).toEqual({ kind: 'unknown', answered: false, reason: `because of ${code}`, cause });
    }
  });

  test.each([
    [307, 307],
    [undefined, 0],
  ])('a redirect with %s: it will be refused again', async (status, shown) => {
    const cause = new RegistrarError('redirect_refused', { message: 'elsewhere', ...(status && { status }) });
    for (const verb of VERBS) {
      const answer = await apiWith(() => cause).calls[verb]();
      expect(answer).toEqual({ kind: 'rejected', refusal: { status: shown }, cause });
    }
  });

  test('See Other: the request was processed, so the client may exist', async () => {
    const cause = new RegistrarError('redirect_refused', { message: 'elsewhere', status: 303 });
    const answer = await apiWith(() => cause).calls.register();
    expect(answer).toEqual({ kind: 'unknown', answered: true, reason: 'elsewhere', cause });
  });

  test('a defect: it may have happened, and its words are not told', async () => {
    const defect = new TypeError('canary-token is no header');
    for (const verb of VERBS) {
      const answer = await apiWith(() => defect).calls[verb]();
      expect(answer).toMatchObject({ kind: 'unknown', answered: false, cause: { code: 'internal', cause: defect } });
      expect(answer.kind === 'unknown' && answer.reason).toBe('A call to the server failed in an unexpected way.');
    }
  });
});

describe('a hostile server', () => {
  const echo = ({ headers, body }: HttpRequest) => `${headers?.Authorization} ${body ?? ''}`;

  test.each(VERBS)('does not get what was sent to be shown in a refusal: %s', async (verb) => {
    for (const status of [400, 401, 403, 404, 405, 409, 429, 500]) {
      const { calls } = apiWith((request) =>
        response(status, { error: 'x', error_description: echo(request), message: echo(request) }),
      );
      expect(JSON.stringify(await calls[verb]())).not.toContain('canary');
      const plain = apiWith((request) => response(status, echo(request)));
      expect(JSON.stringify(await plain.calls[verb]())).not.toContain('canary');
    }
  });

  test.each(VERBS)('does not get it into the metadata: %s', async (verb) => {
    const { calls } = apiWith((request) => response(200, { ...CLIENT, client_name: echo(request), scope: 'openid' }));
    const answer = await calls[verb]();
    expect(JSON.stringify(answer)).not.toContain('canary');
    expect(answer).toEqual(
      verb === 'remove'
        ? { kind: 'removed' }
        : { kind: 'client', information: { clientId: 'client-1', metadata: { scope: 'openid' } } },
    );
  });

  test('may hand a token back where a token belongs', async () => {
    const members = { registration_access_token: 'canary-token', client_secret: 'canary-secret' };
    const { calls } = apiWith(() => response(200, { ...CLIENT, ...members }));
    expect(await calls.update()).toEqual({
      kind: 'client',
      information: {
        clientId: 'client-1',
        registrationAccessToken: 'canary-token',
        clientSecret: 'canary-secret',
        metadata: {},
      },
    });
  });
});
