import type * as z from 'zod';
import { eventSchema } from '../../shared/api/event-schema.ts';
import { applyAnswer, errorAnswer, viewAnswer, workingAnswer } from '../../shared/api/schemas.ts';
import {
  API_VERSION,
  type ApplyAnswer,
  type ErrorAnswer,
  type ViewAnswer,
  type WorkingAnswer,
} from '../../shared/api/worker-api.ts';
import { CATALOG, type ErrorCode } from '../../shared/errors/catalog.ts';
import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { isShallow, MOST_LEVELS } from '../../shared/json/is-shallow.ts';
import { mask } from '../platform.ts';

/** Longest message of the Worker that is shown: it may list several problems. */
const MESSAGE_LIMIT = 1000;

/** What the Worker answered: JSON of our version. Throws `api_version_unsupported`, `input_invalid` or `server_error`. */
export function readVersioned(answer: { readonly status: number; readonly text: string }, worker: string): object {
  const body = parse(answer.text);
  const version = (body as { readonly api?: unknown } | undefined)?.api;
  if (body === undefined || typeof version !== 'number') {
    if (answer.status >= 500) {
      throw new RegistrarError('server_error', {
        message: `The Worker at ${worker} answered ${answer.status}, and not in its own words.`,
        hint: 'Run again; if it stays, the operator of the Worker finds the reason in its logs.',
        server: worker,
      });
    }
    throw new RegistrarError('input_invalid', {
      message: `What answers at ${worker} (${answer.status}) is no Worker of oauth-registrar.`,
      hint: 'Give the address of the Worker alone as worker-url, without a path.',
      server: worker,
    });
  }
  if (version !== API_VERSION) {
    const older = version > API_VERSION ? 'this Action' : 'the Worker';
    throw new RegistrarError('api_version_unsupported', {
      message: `The Worker at ${worker} speaks version ${version} of the protocol, this Action version ${API_VERSION}: upgrade ${older}.`,
      hint: version > API_VERSION ? 'Use a newer version of the Action.' : 'The operator deploys a newer Worker.',
      server: worker,
    });
  }
  return body;
}

/** 200 to PUT; its credentials are masked before anything else is done with them. */
export function readApply(body: object): ApplyAnswer {
  const { client_secret, private_key } = ((body as Partial<ApplyAnswer>).credentials ?? {}) as Record<string, unknown>;
  mask([client_secret, private_key].filter((secret) => typeof secret === 'string'));
  const answer = shown(check<ApplyAnswer>(applyAnswer, knownEvents(body)));
  return answer.withheld === undefined ? answer : { ...answer, withheld: printable(answer.withheld, MESSAGE_LIMIT) };
}

export function readView(body: object): ViewAnswer {
  return shown(check<ViewAnswer>(viewAnswer, knownEvents(body)));
}

export function readWorking(body: object): WorkingAnswer {
  return check<WorkingAnswer>(workingAnswer, body);
}

/** A 4xx or 5xx, as an error of ours with the Worker's own words. */
export function readError(body: object, status: number): RegistrarError {
  const { error, message, hint, retry_after_seconds: seconds } = check<ErrorAnswer>(errorAnswer, body);
  const known = Object.hasOwn(CATALOG, error) ? (error as ErrorCode) : undefined;
  return new RegistrarError(known ?? (status >= 500 ? 'server_error' : 'request_invalid'), {
    message: printable(message, MESSAGE_LIMIT),
    hint: printable(hint, MESSAGE_LIMIT),
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  });
}

function check<Answer>(schema: z.ZodType, body: object): Answer {
  const { success, data } = schema.safeParse(body);
  if (success) return data as Answer;
  throw new RegistrarError('api_version_unsupported', {
    message: 'The Worker gave an answer that this Action does not understand.',
    hint: 'Upgrade the Action and the Worker to the same version.',
  });
}

/** A newer Worker may tell of events that this Action has no words for. */
function knownEvents(body: object): object {
  const { events } = body as { readonly events?: unknown };
  return Array.isArray(events)
    ? { ...body, events: events.filter((event) => eventSchema.safeParse(event).success) }
    : body;
}

/** Everything but the credentials is for people, and some of it was said by servers and pull requests. */
function shown<Answer extends ApplyAnswer | ViewAnswer>(answer: Answer): Answer {
  return { ...answer, registration: safe(answer.registration), events: safe(answer.events) };
}

function safe<Value>(value: Value): Value {
  if (typeof value === 'string') return printable(value) as Value;
  if (Array.isArray(value)) return value.map(safe) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, safe(member)])) as Value;
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && isShallow(value, MOST_LEVELS) ? value : undefined;
  } catch {
    return undefined;
  }
}
