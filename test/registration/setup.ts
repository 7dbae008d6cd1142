import type { Http, HttpRequest, HttpResponse } from '../../shared/http/http.ts';
import type { Clock, Random } from '../../shared/ports/ports.ts';
import type { Client } from '../../shared/record/record.ts';

/** An answer as the guarded fetch gives it. */
export function response(status: number, body: unknown = '', retryAfterSeconds?: number): HttpResponse {
  return {
    status,
    header: () => null,
    text: typeof body === 'string' ? body : JSON.stringify(body),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** A guarded fetch that answers as told and remembers what it was asked; an Error is thrown. */
export function fakeHttp(answer: (request: HttpRequest) => HttpResponse | Error | Promise<HttpResponse>) {
  const requests: HttpRequest[] = [];
  const http: Http = async (request) => {
    requests.push(request);
    const given = await answer(request);
    if (given instanceof Error) throw given;
    return given;
  };
  return { http, requests };
}

export const NOW = Date.UTC(2026, 0, 1, 12);

export const clock: Clock = { now: () => NOW, sleep: () => Promise.resolve() };

/** Bytes that never repeat. */
export function countingRandom(): Random {
  let next = 0;
  return { bytes: (length) => Uint8Array.from({ length }, () => next++ % 256) };
}

export const TOKEN_ENDPOINT = 'https://as.example/token';
export const ISSUER = 'https://as.example';

export function clientOf(more: Partial<Client> = {}): Client {
  return {
    clientId: 'client-1',
    role: 'current',
    edition: 1,
    server: {
      address: 'https://fhir.example',
      registrationEndpoint: 'https://as.example/register',
      registrationSource: { kind: 'manifest' },
      tokenEndpoint: TOKEN_ENDPOINT,
      issuer: ISSUER,
    },
    purpose: 'first',
    accessSeen: 'untried',
    requested: {},
    granted: {},
    marker: 'or-000000000000',
    madeAt: NOW,
    ...more,
  };
}

/** What a promise is rejected with; it must be rejected. */
export async function thrown(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => ({ kept: true as const }),
    (error: unknown) => ({ kept: false as const, error }),
  );
  if (outcome.kept) throw new Error('the promise was kept');
  return outcome.error;
}
