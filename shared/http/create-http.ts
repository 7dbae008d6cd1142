import { printable, showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Clock, Fetch, Log, Random } from '../ports/ports.ts';
import { type FetchFailure, readFetchFailure } from './failed-fetch.ts';
import type { Http, HttpRequest, HttpResponse, Purpose } from './http.ts';
import { type Ending, waitBeforeNextTry } from './next-try.ts';
import { MAX_BODY_BYTES, readBody } from './read-body.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { secureUrl } from './secure-url.ts';

export type HttpPorts = {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  /** Permits plain http to 127.0.0.1, localhost and [::1]. */
  readonly insecureLoopback: boolean;
  readonly log?: Log;
};

const TIME_LIMIT_MS: Readonly<Record<Purpose, number>> = {
  discovery: 10_000,
  register: 60_000,
  configure: 60_000,
  token: 60_000,
};
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
// What fetch takes away by itself, such as the line end of a pasted token.
const AROUND_HEADER_VALUE = /^[\t\n\r ]+|(?<![\t\n\r ])[\t\n\r ]+$/g;
const CERTIFICATE_HINT =
  'Nothing was sent. Check the certificate of the server. If a private authority signed it, set NODE_EXTRA_CA_CERTS to the file with the certificate of that authority.';

type Tried = { readonly ending: Ending; readonly settle: () => HttpResponse };

/**
 * The one guarded fetch, see {@link Http}: https only, no redirects, a time limit that includes the body (10 s for
 * discovery, 60 s else), at most 1 MiB, repeats only where they cannot do harm, nothing cached.
 *
 * A server that asks for a longer wait than 60 s gets none: its answer is returned with `retryAfterSeconds`.
 */
export function createHttp(ports: HttpPorts): Http {
  return async (request) => {
    secureUrl(request.url, ports.insecureLoopback);
    checkHeaders(request);
    let waitedMs = 0;
    for (let tries = 1; ; tries++) {
      const { ending, settle } = await tryOnce(request, ports);
      const waitMs = waitBeforeNextTry(ending, {
        purpose: request.purpose,
        tries,
        waitedMs,
        jitter: fraction(ports.random),
      });
      if (waitMs === undefined) return settle();
      ports.log?.info(`${showUrl(request.url)}: ${inWords(ending)}; next try in ${Math.ceil(waitMs / 1000)} s`);
      waitedMs += waitMs;
      await ports.clock.sleep(waitMs);
    }
  };
}

// The platform's own complaint quotes the value, which can be a token.
function checkHeaders(request: HttpRequest): void {
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (HEADER_VALUE.test(value.replace(AROUND_HEADER_VALUE, ''))) continue;
    throw new RegistrarError('input_invalid', {
      message: `the value for the ${printable(name)} header has a line break or a character that cannot be sent`,
      hint: 'Look at the token or password that was given: it is one line without special characters.',
      server: showUrl(request.url),
    });
  }
}

async function tryOnce(request: HttpRequest, ports: HttpPorts): Promise<Tried> {
  const { clock, log } = ports;
  const limitMs = TIME_LIMIT_MS[request.purpose];
  const call = new AbortController();
  const timer = new AbortController();
  const timeLimit = clock.sleep(limitMs, timer.signal).then(() => timedOut(request, limitMs));
  try {
    const tried = await Promise.race([exchange(request, ports, call.signal), timeLimit]);
    log?.debug(`${request.method} ${showUrl(request.url)}: ${inWords(tried.ending)}`);
    return tried;
  } finally {
    timer.abort();
    call.abort();
  }
}

async function exchange(request: HttpRequest, { fetch, clock }: HttpPorts, signal: AbortSignal): Promise<Tried> {
  let response: Response;
  try {
    // A header, because `cache: 'no-store'` is an error on some platforms.
    const headers = { 'cache-control': 'no-store', ...request.headers };
    const init = { method: request.method, headers, redirect: 'manual', signal } as const;
    response = await fetch(request.url, request.body === undefined ? init : { ...init, body: request.body });
  } catch (error) {
    return failed(request, readFetchFailure(error));
  }
  refuseRedirect(request, response);
  let text: string | undefined;
  try {
    text = await readBody(response);
  } catch (error) {
    const { reason } = readFetchFailure(error);
    return failed(request, { kind: 'unclear', reason: `the answer was cut off: ${reason}` });
  }
  if (text === undefined) {
    throw new RegistrarError('answer_too_large', {
      message: `${showUrl(request.url)} answers ${response.status} with more than ${MAX_BODY_BYTES / 1024 / 1024} MiB`,
      server: showUrl(request.url),
    });
  }
  return answered(response, text, clock.now());
}

function answered(response: Response, text: string, nowMs: number): Tried {
  const header = (name: string) => response.headers.get(name);
  const seconds = retryAfterSeconds(header, nowMs);
  const later = seconds === undefined ? {} : { retryAfterSeconds: seconds };
  return {
    ending: { kind: 'answer', status: response.status, ...later },
    settle: () => ({ status: response.status, header, text, ...later }),
  };
}

function failed(request: HttpRequest, { kind, reason }: FetchFailure): Tried {
  const server = showUrl(request.url);
  const settle = (): never => {
    if (kind === 'unclear') {
      throw new RegistrarError('server_no_answer', { message: `${server} gave no answer: ${reason}`, server });
    }
    const hint = kind === 'untrusted' ? { hint: CERTIFICATE_HINT } : {};
    throw new RegistrarError('server_unreachable', {
      message: `${server} cannot be reached: ${reason}`,
      server,
      ...hint,
    });
  };
  return { ending: { kind }, settle };
}

function timedOut(request: HttpRequest, limitMs: number): Tried {
  const server = showUrl(request.url);
  const settle = (): never => {
    const message = `${server} gave no complete answer within ${limitMs / 1000} s`;
    throw new RegistrarError('server_no_answer', { message, server });
  };
  return { ending: { kind: 'timed-out' }, settle };
}

function refuseRedirect(request: HttpRequest, response: Response): void {
  const redirected = (response.status >= 300 && response.status < 400) || String(response.type) === 'opaqueredirect';
  if (!redirected) return;
  const server = showUrl(request.url);
  throw new RegistrarError('redirect_refused', {
    message: `${server} answers with a redirect (${response.status}) to ${redirectTarget(request, response)}`,
    server,
    status: response.status,
  });
}

// Elsewhere than in discovery the path of a redirect may carry a session or a client's address.
function redirectTarget(request: HttpRequest, response: Response): string {
  const location = response.headers.get('location');
  if (location === null) return 'an address it does not name';
  if (!URL.canParse(location, request.url)) return 'something that is not an address';
  const target = new URL(location, request.url);
  const whole = request.purpose === 'discovery' || target.origin === 'null';
  return whole ? showUrl(target) : printable(target.origin);
}

function inWords(ending: Ending): string {
  switch (ending.kind) {
    case 'answer':
      return `answered ${ending.status}`;
    case 'not-sent':
      return 'no connection';
    case 'untrusted':
      return 'no trusted connection';
    case 'unclear':
      return 'the connection broke';
    case 'timed-out':
      return 'no answer in time';
  }
}

function fraction(random: Random): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3);
  return (a * 65536 + b * 256 + c) / 2 ** 24;
}
