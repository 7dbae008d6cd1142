import { API_VERSION, API_VERSION_HEADER } from '../../shared/api/worker-api.ts';
import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Http, HttpResponse } from '../../shared/http/http.ts';
import type { Clock, Log } from '../../shared/ports/ports.ts';
import { readError, readVersioned, readWorking } from './read-answer.ts';

/** A request about one registration. Each may be sent again: the Worker joins it to what it has begun. */
export type WorkerRequest = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly environment: string;
  readonly name: string;
  readonly verb?: 'rotate' | 'published' | 'retire';
  readonly body?: object;
};

/**
 * Sends a request to the Worker until it has an answer, each time with a fresh id-token; resolves with the body of the
 * 200, whose version is ours.
 *
 * Rejects with the Worker's own error, with `cancelled`, and with what the connection failed with.
 */
export type WorkerCalls = (request: WorkerRequest) => Promise<object>;

/** How long the Worker may work on one request in all; it goes on by itself afterwards. */
const WORKING_MS = 600_000;
/** How long is waited, in all, because of errors that name a time. */
const PATIENCE_MS = 30_000;
/** How often a request is sent that gets no answer. */
const ATTEMPTS = 4;

export function createWorkerCalls({
  worker,
  idToken,
  http,
  clock,
  log,
  stopping,
}: {
  /** Origin of the Worker. */
  readonly worker: string;
  readonly idToken: () => Promise<string>;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: () => boolean;
}): WorkerCalls {
  async function send({ method, environment, name, verb, body }: WorkerRequest): Promise<HttpResponse> {
    const path = [environment, name].map(encodeURIComponent).join('/');
    return http({
      method,
      url: `${worker}/v1/registrations/${path}${verb === undefined ? '' : `/${verb}`}`,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${await idToken()}`,
        [API_VERSION_HEADER]: String(API_VERSION),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // Sent once: the id-token in it is good for one request.
      purpose: 'register',
    });
  }

  async function pause(ms: number, { name }: WorkerRequest): Promise<void> {
    if (!stopping()) await clock.sleep(ms);
    if (!stopping()) return;
    throw new RegistrarError('cancelled', {
      message: `${name}: the job was cancelled while the Worker was at work; the Worker goes on.`,
      hint: 'Nothing is lost: the next run gets what this one began.',
      client: name,
    });
  }

  return async (request) => {
    const startedAt = clock.now();
    let unanswered = 0;
    let waitedMs = 0;
    for (;;) {
      try {
        const answer = await send(request);
        const body = readVersioned(answer, worker);
        if (answer.status === 200) return body;
        if (answer.status !== 202) throw readError(body, answer.status);
        const { retry_after_seconds: seconds } = readWorking(body);
        const ms = Math.min(Math.max(seconds, 1), 30) * 1000;
        if (clock.now() + ms - startedAt > WORKING_MS) throw stillWorking(request, worker);
        log.info(`${request.name}: the Worker is at it; asking again in ${ms / 1000} s`);
        unanswered = 0;
        await pause(ms, request);
      } catch (error) {
        const again = waitAfter(error, unanswered, waitedMs);
        if (again === undefined) throw error;
        unanswered += again.counts ? 1 : 0;
        waitedMs += again.counts ? 0 : again.ms;
        await pause(again.ms, request);
      }
    }
  };
}

/** How long to wait before the request is sent again after an error; undefined when the error stands. */
function waitAfter(
  error: unknown,
  unanswered: number,
  waitedMs: number,
): { readonly ms: number; readonly counts: boolean } | undefined {
  if (!isRegistrarError(error)) return undefined;
  const ms = error.retryAfterSeconds === undefined ? undefined : Math.max(1, error.retryAfterSeconds) * 1000;
  if (ms !== undefined) return waitedMs + ms <= PATIENCE_MS ? { ms, counts: false } : undefined;
  const passing = (['server_no_answer', 'server_error', 'worker_restarted'] as const).some(
    (code) => error.code === code,
  );
  return passing && unanswered + 1 < ATTEMPTS ? { ms: 1000 * 2 ** unanswered, counts: true } : undefined;
}

function stillWorking({ name }: WorkerRequest, worker: string): RegistrarError {
  return new RegistrarError('server_no_answer', {
    message: `${name}: the Worker at ${worker} has not finished within ten minutes; it goes on.`,
    hint: 'Run this job again later: it gets what the Worker has done by then.',
    client: name,
    server: worker,
    retryAfterSeconds: 600,
  });
}
