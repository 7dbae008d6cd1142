import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Http } from '../../shared/http/http.ts';
import type { Clock, Log } from '../../shared/ports/ports.ts';
import type { Inputs } from '../inputs.ts';
import type { RunContext } from '../run-context.ts';
import { createIdTokens } from './id-token.ts';
import { createWorkerCalls, type WorkerCalls } from './worker-calls.ts';

/** The Worker of the input `worker-url`, and what id-tokens for it are made out to. */
export type WorkerAddress = { readonly worker: string; readonly audience: string };

/** Throws `input_invalid` for an address that has more than a Worker's own. */
export function workerAddress({ workerUrl = '', audience }: Pick<Inputs, 'workerUrl' | 'audience'>): WorkerAddress {
  const url = URL.canParse(workerUrl) ? new URL(workerUrl) : undefined;
  if (url === undefined || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new RegistrarError('input_invalid', {
      message: 'The input worker-url is not the address of a Worker.',
      hint: 'Give the address alone, such as https://registrar.example.org',
    });
  }
  return { worker: url.origin, audience: audience ?? url.origin };
}

/** Calls to the Worker by this job. */
export function openWorker(
  { worker, audience }: WorkerAddress,
  {
    context,
    network: { http, clock, log },
    stopping,
  }: {
    readonly context: RunContext;
    readonly network: { readonly http: Http; readonly clock: Clock; readonly log: Log };
    readonly stopping: () => boolean;
  },
): WorkerCalls {
  const idToken = createIdTokens({ request: context.idTokenRequest, audience, http });
  return createWorkerCalls({ worker, idToken, http, clock, log, stopping });
}
